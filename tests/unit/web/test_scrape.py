"""Picture links from HTML: as people write it, as tools make it, and as only an attacker would."""

from __future__ import annotations

import dataclasses
import random
import time
from html.parser import HTMLParser

import pytest

from pictrace.errors import SourceError
from pictrace.web.html import decode_html, tags
from pictrace.web.places import Candidate, srcset
from pictrace.web.scrape import PageLinks, PictureLink, ScrapeRules, next_page, page_addresses, picture_links

PAGE = "https://example.org/shop/page.html"


def found(html: str, **rules: object) -> list[str]:
    """The addresses that are kept."""
    chosen = ScrapeRules(**rules)  # type: ignore[arg-type]
    return [link.address for link in picture_links(html, PAGE, chosen).kept]


def only(html: str) -> PictureLink:
    (link,) = picture_links(html, PAGE).links
    return link


# Where pictures are found.


@pytest.mark.parametrize(
    ("html", "where"),
    [
        ('<img src="cat.jpg">', "img src"),
        ("<IMG SRC=cat.jpg>", "img src"),
        ("<img\nalt='a > b' src = 'cat.jpg'/>", "img src"),
        ('<img src="" data-src="cat.jpg">', "img data-src"),
        ('<img data-original="cat.jpg">', "img data-original"),
        ('<img data-lazy="cat.jpg">', "img data-lazy"),
        ('<img data-lazy-src="cat.jpg">', "img data-lazy-src"),
        ('<img data-url="cat.jpg">', "img data-url"),
        ('<img srcset="small.jpg 400w, cat.jpg 800w, medium.jpg 600w">', "img srcset"),
        ('<img srcset="small.jpg, cat.jpg 2x">', "img srcset"),
        ('<img data-srcset="cat.jpg 800w">', "img data-srcset"),
        ('<picture><source srcset="cat.jpg 1200w" type="image/webp"></picture>', "picture source"),
        ('<source data-srcset="cat.jpg 1200w">', "picture source data-srcset"),
        ('<meta property="og:image" content="cat.jpg">', "meta og:image"),
        ('<meta property="og:image:secure_url" content="cat.jpg">', "meta og:image:secure_url"),
        ('<meta name="twitter:image" content="cat.jpg">', "meta twitter:image"),
        ('<link rel="image_src" href="cat.jpg">', "link image_src"),
        ('<a href="cat.jpg#top">cat</a>', "a href"),
        ('<div style="color: red; background-image: url(cat.jpg)">', "style background"),
        ("<div style=\"background: #fff url( 'cat.jpg' ) no-repeat\">", "style background"),
        ('<div style="background:url(&quot;cat.jpg&quot;)">', "style background"),
        ('<div data-bg="cat.jpg">', "data-bg"),
        ("<div data-background-image=\"url('cat.jpg')\">", "data-background-image"),
        ('<noscript><img src="cat.jpg"></noscript>', "noscript img src"),
        ('<input type="IMAGE" src="cat.jpg">', "input image"),
        ('<img data-echo="cat.jpg">', "img data-echo"),
        ('<img data-lazyload=" cat.jpg ">', "img data-lazyload"),
        ('<img data-flickity-lazyload="cat.jpg">', "img data-flickity-lazyload"),
        ('<img data-defer-src="cat.jpg">', "img data-defer-src"),
        ('<img data-something-else="cat.jpg">', "img data-something-else"),
        ('<a data-pswp-src="cat.jpg" href="page.html">', "data-pswp-src"),
        ('<li data-thumb="cat.jpg">', "data-thumb"),
        ('<div data-slide-srcset="small.jpg 400w, cat.jpg 800w">', "data-slide-srcset"),
        ("<img data-sizes-set='small.jpg 1x, cat.jpg 2x'>", "img data-sizes-set"),
        ("<div data-gallery='[\"cat.jpg\"]'>", "data-gallery"),
        ("<img data-a-dynamic-image='{&quot;cat.jpg&quot;:[500,500]}'>", "img data-a-dynamic-image"),
        ('<source data-lazy-srcset="cat.jpg 1200w">', "picture source data-lazy-srcset"),
        ('<video poster="cat.jpg"></video>', "video poster"),
        ('<image href="cat.jpg"/>', "svg image"),
        ('<svg><image xlink:href="cat.jpg"/></svg>', "svg image"),
        ('<object data="cat.jpg"></object>', "object"),
        ('<embed type="image/jpeg" src="cat.jpg">', "embed"),
        ('<table background="cat.jpg">', "background"),
        ('<area href="cat.jpg">', "a href"),
        ('<link rel="preload" as="image" href="cat.jpg">', "link preload"),
        ('<link rel=preload as=image imagesrcset="small.jpg 1x, cat.jpg 2x">', "link imagesrcset"),
        ('<meta itemprop="image" content="cat.jpg">', "meta itemprop image"),
        ('<link itemprop="image" href="cat.jpg">', "link itemprop image"),
        ('<div style="list-style-image: url(cat.jpg)">', "style"),
        ('<div style="--picture: url(cat.jpg)">', "style"),
        ("<style>.hero { background: url('cat.jpg') }</style>", "style sheet"),
        ('<style media="print">@media x { a::before { content: url(cat.jpg) } }</style>', "style sheet"),
        ('<script type="application/ld+json">{"image": "cat.jpg"}</script>', "JSON-LD"),
        ('<script type="application/ld+json">[{"@graph": [{"image": ["cat.jpg"]}]}]</script>', "JSON-LD"),
        ('<script type="application/ld+json">{"image": {"url": "cat.jpg"}}</script>', "JSON-LD"),
        ('<script type="application/ld+json">{"@type": "ImageObject", "contentUrl": "cat.jpg"}</script>', "JSON-LD"),
        ('<script type="application/ld+json">{"a": {"thumbnailUrl": "cat.jpg"}}</script>', "JSON-LD"),
    ],
)
def test_a_picture_is_found_in_each_of_its_places(html: str, where: str) -> None:
    kept = picture_links(html, PAGE).kept
    assert [(link.address, link.where) for link in kept] == [("https://example.org/shop/cat.jpg", (where,))]


@pytest.mark.parametrize(
    "html",
    [
        "<!-- <img src=cat.jpg> -->",
        "<!-- > <img src=cat.jpg>",
        "<script>document.write('<img src=cat.jpg>')</script>",
        "<style><img src=cat.jpg></style>",
        "<textarea><img src=cat.jpg>",
        "<plaintext><img src=cat.jpg>",
        "<img src='cat.jpg>",
        "<img src=cat.jpg",
        "</img src=cat.jpg>",
        '<a href="cat.html">',
        '<input type="text" src="cat.jpg">',
        '<video><source src="cat.mp4"></video>',
        '<link rel="icon" href="cat.png">',
        '<img src="#top"><img src=" "><img>',
    ],
)
def test_what_is_no_picture_of_the_page_is_not_found(html: str) -> None:
    assert picture_links(html, PAGE).links == ()


def test_what_follows_comments_and_scripts_is_found() -> None:
    html = "<!--> <img src=1.jpg> <!-- a --!> <!x> <?y> </3> <script>'</scripts>'</script ><img src=2.jpg>"
    html += "< b <img src=3.jpg>"
    assert found(html) == [f"https://example.org/shop/{number}.jpg" for number in (1, 2, 3)]


def test_one_link_in_many_places_is_one_with_all_of_them() -> None:
    html = """<meta property="og:image" content="cat.jpg"><a href="cat.jpg"><img src="cat.jpg" width=50 height=40></a>
        <img src="https://EXAMPLE.org/shop/cat.jpg#x" alt=" A  cat " width="640px" height="480">"""
    links = {link.address: link for link in picture_links(html, PAGE).links}
    cat = links["https://example.org/shop/cat.jpg"]
    assert cat == PictureLink(cat.address, "A cat", ("meta og:image", "a href", "img src"), 640, 480)
    assert len(links) == 1


def test_addresses_without_a_suffix_are_taken_where_their_attribute_says_so() -> None:
    assert found('<img data-lazy-src="/image?id=4">') == ["https://example.org/image?id=4"]
    assert found('<img data-image-desktop="//cdn.example/7/large">') == ["https://cdn.example/7/large"]
    assert found('<img data-src="my cat.jpg">') == ["https://example.org/shop/my%20cat.jpg"]


@pytest.mark.parametrize(
    "html",
    [
        '<img data-lazy="true" data-image="12" data-full="0.5" data-url="{{ picture }}" data-preset="wide">',
        '<img data-title="cat.jpg" data-file-name="cat.jpg" data-pin-caption="cat.jpg">',
        '<div data-tooltip="See cat.jpg" data-url="/shop/page" data-src="clip.mp4">',
        '<div data-options=\'{"title": "A cat.jpg to see", "speed": 3}\'>',
        "<style>@font-face { src: url(a.woff2) } @import url(more.css);</style>",
        "<style>.a { margin: 0 } /* .old { background: url(cat.jpg) } */</style>",
        "<style>.a { background: url(cat.jpg) }",
        '<script type="application/ld+json">{"image": </script>',
        '<script type="application/ld+json">{"logo": {"@type": "ImageObject", "url": "cat.jpg"}}</script>',
        '<script type="application/json">{"image": "cat.jpg"}</script>',
        '<script data-src="cat.jpg"></script>',
        '<link rel="preload" as="font" href="cat.jpg">',
        '<object data="clip.swf"></object>',
    ],
)
def test_what_only_resembles_a_picture_is_not_found(html: str) -> None:
    assert found(html) == []


def test_json_that_is_nested_to_do_harm_is_left_out() -> None:
    assert found('<script type="application/ld+json">' + "[" * 200_000 + "</script><img src=cat.jpg>") != []
    assert found("<div data-gallery='" + '{"a":' * 15_000 + "'><img src=cat.jpg>") != []


def test_links_are_resolved_against_the_base_wherever_it_stands() -> None:
    html = '<img src="a.jpg"><base href="/files/"><base href="/other/"><img src="//cdn.example/b.jpg">'
    html += '<img src="../c d.jpg">'
    assert found(html) == [
        "https://example.org/files/a.jpg",
        "https://cdn.example/b.jpg",
        "https://example.org/c%20d.jpg",
    ]
    assert found('<base href="javascript:x"><img src="a.jpg">') == ["https://example.org/shop/a.jpg"]


def test_character_references_are_read_as_in_attributes() -> None:
    assert only('<img src="a.jpg?x=1&amp;y=2&#38;z=&#x33;">').address.endswith("a.jpg?x=1&y=2&z=3")
    assert only('<img src="a.jpg?x=1&copy=2&reg3=4">').address.endswith("a.jpg?x=1&copy=2&reg3=4")
    assert only('<img src="a.jpg" alt="&eacute;&nosuch;&#0;&lt">').alt == "é&nosuch;�<"


class Independent(HTMLParser):
    """The tags as Python's own parser reads them, which is slow on broken pages but right on whole ones."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, bool, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, False, {name: value or "" for name, value in reversed(attrs)}))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((tag, True, {}))


@pytest.mark.parametrize("seed", range(5))
def test_whole_pages_are_read_as_by_an_independent_parser(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (repeatable, no secret)
    values = ("a.jpg", "x y", "é > <b>", "", "/a?b=c", "1 &amp; 2", "&#233;", "&lt;", "a=b")
    pieces = []
    for _ in range(500):
        attributes = ""
        for _ in range(chance.randrange(4)):
            value, quote = chance.choice(values), chance.choice("\"'")
            equals = chance.choice(["=", " = ", "=\n"])
            attributes += chance.choice([" ", "\n\t"]) + chance.choice(["src", "ALT", "data-src", "style"])
            attributes += chance.choice([f"{equals}{quote}{value}{quote}", "=plain", ""])
        name = chance.choice(["img", "A", "div", "h1", "x-y"])
        pieces += [
            f"<{name}{attributes}{chance.choice(['', ' '])}>",
            f"</{name}>",
            chance.choice(["text < 3 ", "<!-- <b> -->"]),
        ]
    html = "<!DOCTYPE html>" + "".join(pieces) + "<script>if (a<b) '<img>'</script><p>"
    found = [(tag.name, tag.ends, {name: tag.get(name) for name in tag.attributes}) for tag in tags(html)]
    assert found == Independent(html).tags


# Srcsets, by the rules of the HTML standard.


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a.jpg", [Candidate("a.jpg")]),
        ("a.jpg 1x, b.jpg 1.5x", [Candidate("a.jpg"), Candidate("b.jpg", density=1.5)]),
        ("a,b.jpg 100w,c,d.jpg 200w", [Candidate("a,b.jpg", 100), Candidate("c,d.jpg", 200)]),
        ("w_1,h_2/a.jpg 2x", [Candidate("w_1,h_2/a.jpg", density=2)]),
        ("a.jpg,, b.jpg", [Candidate("a.jpg"), Candidate("b.jpg")]),
        (
            "data:image/gif;base64,AA==  1w, b.jpg 9w",
            [Candidate("data:image/gif;base64,AA==", 1), Candidate("b.jpg", 9)],
        ),
        ("a.jpg 100w 50h", [Candidate("a.jpg", 100)]),
        ("a.jpg (x, y) 1w, b.jpg", [Candidate("b.jpg")]),
        ("a.jpg (x, y 1w, b.jpg", []),
        ("a.jpg 0w, b.jpg 1w 2x, c.jpg x, d.jpg -1w, e.jpg 1w 2w, f.jpg 3.w, g.jpg 1q", []),
        (f"a.jpg {'9' * 5000}w", []),
        (" , ,, ", []),
        ("", []),
    ],
)
def test_srcsets_are_read_as_browsers_do(value: str, expected: list[Candidate]) -> None:
    assert srcset(value) == expected


def test_the_width_that_a_srcset_tells_counts_more_than_the_one_declared() -> None:
    small, large = picture_links('<img src="s.jpg" srcset="l.jpg 900w, s.jpg 40w" width=40 height=30>', PAGE).links
    assert (small.width, small.height, bool(small.left_out)) == (40, 30, True)
    assert (large.width, large.height, large.left_out) == (900, None, "")


# What is left out.


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ('<img src="pic.gif" width=1 height=1>', "shown at 1 × 1 pixels, less than 100"),
        ('<img src="pic.gif" height="99.5px">', "shown at ? × 99 pixels, less than 100"),
        ('<img src="/img/site_logo-2x.png">', 'named "logo"'),
        ('<img src="/Icons/cat.png">', 'named "icons"'),
        ('<img src="/a/banner_ad.png">', 'named "banner-ad"'),
        ('<img src="/%6Cogo/cat.png">', 'named "logo"'),
        ('<img src="cat.SVG?v=2">', "a .svg file"),
        ('<link rel=image_src href="/cat.ico">', "a .ico file"),
        ('<img src="data:image/gif;base64,R0lGOD">', "a picture within the page itself"),
        ('<img src="BLOB:https://example.org/1">', "a picture within the page itself"),
        ('<img src="ftp://example.org/cat.jpg">', "no link of the web (http, https)"),
        ('<img src="javascript:void(0)">', "no link of the web (http, https)"),
        ('<img src="about:blank">', "no link of the web (http, https)"),
        ('<img src="http:///cat.jpg">', "no link of the web (http, https)"),
        ('<img src="http://[">', "not readable as a link"),
        ('<img src="http://[::1/cat.jpg">', "not readable as a link"),
        ('<img src="http://example.org:99999/cat.jpg">', "not readable as a link"),
        ('<img src="http://example.org:x/cat.jpg">', "not readable as a link"),
        ('<img src="cat\x01.jpg">', "not readable as a link"),
        (f'<img src="{"a" * 3000}.jpg">', "longer than 2,048 characters"),
    ],
)
def test_what_is_left_out_says_why(html: str, reason: str) -> None:
    link = only(html)
    assert link.left_out == reason
    assert link.address.isprintable()
    assert len(link.address) <= 110


@pytest.mark.parametrize(
    "name",
    ["logotype.jpg", "iconic-cats.jpg", "pixels.jpg", "blanket.jpg", "silicon.jpg", "download.jpg", "analogo/a.jpg"],
)
def test_words_count_only_as_whole_ones(name: str) -> None:
    assert found(f'<img src="{name}">') == [f"https://example.org/shop/{name}"]


@pytest.mark.parametrize(
    "name",
    [
        *("Pixel-8-camera.jpg", "pixel-8.jpg", "blank-canvas-1.jpg", "blank_page_notebook.png", "wheel-loader.jpg"),
        *(
            "placeholder-rings.png",
            "logo-wall.jpg",
            "icon_of_a_saint.jpg",
            "avatar-movie-poster.jpeg",
            "emoji-cake.jpg",
        ),
        *("photos/pixel-art/a.jpg", "blank-space/b.png", "badge-holder.jpg"),
    ],
)
def test_words_that_only_begin_what_a_picture_shows_do_not_count(name: str) -> None:
    assert found(f'<img src="{name}">') == [f"https://example.org/shop/{name}"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        *(("blank.gif", "blank"), ("1x1-pixel.png", "pixel"), ("placeholder-300x200.jpg", "placeholder")),
        *(("lazy_placeholder.svgx", "placeholder"), ("spinner-white.gif", "spinner"), ("spacer.gif", "spacer")),
        *(("icon-mail.png", "icon"), ("company-logo-white.jpg", "logo"), ("user_avatar_128x128.jpg", "avatar")),
        *(("social-icons/mail.png", "icons"), ("icon-set/photo1.jpg", "icon"), ("placeholder/3.jpg", "placeholder")),
    ],
)
def test_decoration_and_fillers_are_left_out(name: str, word: str) -> None:
    assert only(f'<img src="{name}">').left_out == f'named "{word}"'


def test_a_declared_size_counts_more_than_a_word() -> None:
    assert found('<img src="/avatars/team/jane.jpg" width=400 height=400>') != []
    assert found('<img src="/avatars/team/jane.jpg" width=400>') == []
    assert found('<img src="/avatars/team/jane.jpg" width=64 height=64>') == []


@pytest.mark.parametrize(
    "address",
    [
        "https://commons.wikimedia.org/wiki/File:Cat.jpg",
        "https://de.wikipedia.org/wiki/Datei:Katze%20rot.png",
        "/wiki/Special%3AFile/Image%3ACat.jpg",
        "https://github.com/someone/something/blob/main/cat.png",
        "https://gitlab.com/someone/something/-/blob/main/cat.png",
    ],
)
def test_a_page_about_a_picture_is_none(address: str) -> None:
    assert only(f'<a href="{address}">').left_out == "a page about a picture"


def test_a_picture_that_is_shown_is_one_whatever_it_is_called() -> None:
    assert found('<img src="/wiki/File:Cat.jpg"><a href="/wiki/File:Cat.jpg">') != []
    assert found('<a href="/wiki/Special:FilePath/Cat.jpg">') != []


def test_a_small_place_does_not_speak_against_a_large_one() -> None:
    assert found("<img src=a.jpg width=50><img src=a.jpg width=500>") != []
    assert found("<img src=a.jpg width=50><a href=a.jpg>") != []
    assert found("<img src=a.jpg width=50><img src=a.jpg height=60>") == []
    assert found('<img src=a.jpg width="50%" height=auto>') != []


def test_embedded_pictures_are_counted_and_listed() -> None:
    page = picture_links('<img src="data:image/png;base64,AAAA" data-src="cat.jpg">' * 3, PAGE)
    assert page.embedded == 3
    assert [bool(link.left_out) for link in page.links] == [True, False]


def test_rules_can_be_changed() -> None:
    html = '<img src="logo.svg" width=20><img src="https://cdn.example/kitten.jpg">'
    assert found(html, min_side_px=0, left_out_words=(), left_out_suffixes=()) == [
        "https://example.org/shop/logo.svg",
        "https://cdn.example/kitten.jpg",
    ]
    assert found(html, left_out_words=("kitten",)) == []
    assert found(html, same_host_only=True) == []
    assert found('<img src="http://EXAMPLE.org:8080/a.jpg">', same_host_only=True) != []


@pytest.mark.parametrize(
    "wrong",
    [{"min_side_px": -1}, {"left_out_words": ("Logo",)}, {"left_out_words": ("",)}, {"left_out_suffixes": ("svg",)}],
)
def test_rules_check_themselves(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        dataclasses.replace(ScrapeRules(), **wrong)  # type: ignore[arg-type]


# Encodings.


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("é€".encode(), ""),
        ("\ufeffé€".encode(), "iso-8859-1"),
        ("\ufeffé€".encode("utf-16-le"), ""),
        ("\ufeffé€".encode("utf-16-be"), "utf-8"),
        ("é€".encode("cp1252"), "ISO-8859-1"),
        ("<meta charset=windows-1252>é€".encode("cp1252"), ""),
        ('<meta http-equiv=Content-Type content="text/html; charset=latin1">é€'.encode("cp1252"), ""),
        ("<meta charset='utf-16'>é€".encode(), ""),
        ("<meta charset=idna>é€".encode(), "unicode_escape"),
        ("<meta charset=cp999>é€".encode(), "no-such"),
        ('<meta charset="euc-jp">é€'.encode(), "utf-8"),
    ],
)
def test_a_page_is_decoded_by_mark_then_server_then_itself(data: bytes, charset: str) -> None:
    assert decode_html(data, charset).endswith("é€")


def test_bytes_that_fit_no_encoding_do_no_harm() -> None:
    assert picture_links(b'\xff<img alt="\xe9" src="a.jpg">', PAGE).links[0].alt == "�"


# The next page.


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<link rel="next" href="?page=2">', "https://example.org/shop/page.html?page=2"),
        ('<a rel="nofollow NEXT" href="/p/2#top">2</a>', "https://example.org/p/2"),
        ('<base href="/x/"><a rel=next href=2>', "https://example.org/x/2"),
        ('<a rel=next href="">', None),
        ('<a rel=next href="javascript:next()">', None),
        ('<a rel=next href="http://[">', None),
        ('<a rel=nextish href="2">', None),
        ("", None),
    ],
)
def test_the_next_page_is_what_the_page_calls_so(html: str, expected: str | None) -> None:
    assert next_page(html, PAGE) == expected


def test_pages_of_a_pattern_are_counted() -> None:
    assert page_addresses("https://x.example/page-{n}/", 0, 2) == tuple(
        f"https://x.example/page-{n}/" for n in range(3)
    )
    assert len(page_addresses("http://x.example/?p={n}&q={}", 1, 1000)) == 1000


@pytest.mark.parametrize(
    ("pattern", "first", "last"),
    [
        ("https://x.example/", 1, 2),
        ("https://x.example/{n}/{n}", 1, 2),
        ("https://x{n}.example/", 1, 2),
        ("ftp://x.example/{n}", 1, 2),
        ("{n}", 1, 2),
        ("https://x.example/{n}", 3, 2),
        ("https://x.example/{n}", -1, 2),
        ("https://x.example/{n}", 1, 1001),
        ("https://x.example/{n}", 1, 10**30),
    ],
)
def test_patterns_that_name_no_pages_are_refused(pattern: str, first: int, last: int) -> None:
    with pytest.raises(SourceError):
        page_addresses(pattern, first, last)


# Hostile pages.


def test_the_numbers_of_links_and_places_are_bounded() -> None:
    rules = ScrapeRules(max_links=100, max_places=1000)
    page = picture_links("".join(f"<img src={number}.jpg>" for number in range(101)), PAGE, rules)
    assert (len(page.links), page.truncated) == (100, True)
    rules = ScrapeRules(max_places=50)
    page = picture_links("<img src=a.jpg>" * 51, PAGE, rules)
    assert (len(page.links), page.truncated) == (1, True)
    assert not picture_links("<img src=a.jpg>" * 49, PAGE, rules).truncated


def test_no_more_than_the_limit_is_read() -> None:
    for html in ("<img src=a.jpg>     <img src=b.jpg>", b"<img src=a.jpg>     <img src=b.jpg>"):
        page = picture_links(html, PAGE, ScrapeRules(max_bytes=20))
        assert (len(page.links), page.truncated) == (1, True)


@pytest.mark.parametrize(
    "piece",
    [
        *("<", "<!", "<!--", "<!-- --", "</", "</a", "<?", "<a ", "<a x", "<a x=", "<a x='", '<a x="', "<a/", "<div>"),
        *(
            "<script>",
            "<script></script ",
            "<noscript>",
            "<style ",
            "&",
            "&#",
            "<img src=a",
            "\0",
            "<\0",
            " ",
            "\t<a\t",
        ),
    ],
)
def test_what_has_no_end_takes_no_time(piece: str) -> None:
    html = piece * (200_000 // len(piece))
    began = time.process_time()
    picture_links(html, PAGE)
    picture_links(f"<img src=x {html}>", PAGE)
    picture_links(f'<img alt="{html}" src=x>', PAGE)
    next_page(html, PAGE)
    assert time.process_time() - began < 10  # each takes well under a second; in quadratic time, minutes


@pytest.mark.parametrize(
    "piece", ["a 1w,", "a (", "(", ",", "a ", " ", "url(", "url('", 'url("', "url( ", "&amp", "background:"]
)
@pytest.mark.parametrize("attribute", ["srcset", "style", "src", "href", "rel", "width", "data-bg"])
def test_values_without_end_take_no_time(piece: str, attribute: str) -> None:
    value = ("background:" + piece * (200_000 // len(piece))).replace('"', "&quot;")
    began = time.process_time()
    picture_links(f'<img {attribute}="{value}">', PAGE)
    next_page(f'<a rel=next {attribute}="{value}">', PAGE)
    assert time.process_time() - began < 10


@pytest.mark.slow
def test_a_page_full_of_different_links_is_read_in_time() -> None:
    html = "".join(f"<a href={number}.jpg#{number}>" for number in range(120_000))[: ScrapeRules().max_bytes]
    began = time.process_time()
    page = picture_links(html, PAGE)
    assert (len(page.links), page.truncated) == (ScrapeRules().max_links, True)
    assert time.process_time() - began < 10


def test_tags_end_where_an_attribute_too_many_begins_nothing() -> None:
    many = " ".join(f"a{number}='>'" for number in range(1000))
    (first, second) = tags(f"<img {many} src=x><p>")
    assert (first.name, second.name) == ("img", "p")
    assert len(first.attributes) == 200


WORDS = (
    *("<img", "<a", "<base", "<meta", "<source", "<link", "<div", "<input", "<noscript>", "</noscript>", "<picture>"),
    *("<script>", "</script>", "<!--", "-->", " src=", " srcset=", " href=", " style=background:", " rel=next"),
    *(
        " rel=image_src",
        " property=og:image",
        " content=",
        " alt=",
        " width=",
        " type=image",
        " data-src=",
        " data-bg=",
    ),
    *(">", "/>", " ", "\n", "\t", "\0", '"', "'", "=", "/", "?", "#", ":", "@", "\\", ",", "(", ")", "{n}", "é", "&"),
    *("a.jpg", "http://", "https:///x", "http://[", "//[::1", "http://x:99999/", "http://%5B/", "javascript:", "%00"),
    *("data:image/gif;base64,AA==", "blob:x", "url(", "url('", " 2x", " 100w", " 1e999x", " -1w", "%zz", "\u2100"),
    *("&amp;", "&notit;", "&#xD800;", "&#" + "9" * 20 + ";", "&#" + "9" * 5000, "\ud800", "\uff18", "logo", ".svg"),
)


@pytest.mark.parametrize("seed", range(8))
def test_garbage_neither_crashes_nor_hangs(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (repeatable, no secret)
    for _ in range(150):
        html = "".join(chance.choice(WORDS) for _ in range(chance.randrange(200)))
        address = chance.choice([PAGE, "http://[", "", html[:50]])
        page = picture_links(html, address)
        assert isinstance(page, PageLinks)
        for link in page.kept:
            assert link.address.startswith(("http://", "https://"))
            assert link.address.isprintable()
        following = next_page(html, address)
        assert following is None or following.startswith(("http://", "https://"))
        picture_links(chance.randbytes(chance.randrange(300)) + html.encode("utf-8", "surrogatepass"), address)
