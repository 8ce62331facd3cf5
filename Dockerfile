# PicTrace with its page and its API: docker build -t pictrace .
#
# The base is named by a tag. For builds that can be repeated bit by bit, name what the tag stands for today:
#   docker buildx imagetools inspect debian:trixie-slim
#   docker build --build-arg BASE=debian:trixie-slim@sha256:… -t pictrace .
# The Python packages' versions are in deploy/constraints.txt.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS python
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*

FROM python AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils ca-certificates python3-venv
WORKDIR /build
COPY requirements.txt deploy/constraints.txt ./
RUN python3 -m venv /opt/pictrace \
    && /opt/pictrace/bin/pip install --no-cache-dir --no-compile -r requirements.txt -c constraints.txt
COPY . .
# For a catalog in PostgreSQL and workers that search it: --build-arg EXTRAS=metrics,postgres,cluster
ARG EXTRAS=metrics
RUN /opt/pictrace/bin/pip install --no-cache-dir --no-compile ".[${EXTRAS}]" -c constraints.txt
# What the image holds, as a CycloneDX document, told by a tool that does not get into it.
RUN python3 -m venv /sbom \
    && /sbom/bin/pip install --no-cache-dir "cyclonedx-bom>=7,<8" \
    && mkdir -p /opt/pictrace/share \
    && /sbom/bin/cyclonedx-py environment --output-format JSON -o /opt/pictrace/share/sbom.json /opt/pictrace/bin/python
RUN python3 deploy/slim.py /opt/pictrace/lib/python3*/site-packages \
    && cd /opt/pictrace && rm -rf bin/pip* bin/activate* etc include share/jupyter

FROM python
LABEL org.opencontainers.image.title="PicTrace" \
      org.opencontainers.image.source="https://github.com/pictrace/pictrace" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --home-dir /data --no-create-home pictrace && install -d -o pictrace -g pictrace /data
COPY --from=build /opt/pictrace /opt/pictrace
# Nothing but /data and /tmp is written to, so the rest may be read-only. Bytecode and compiled kernels are kept there,
# too: the second start is the fast one.
ENV PATH=/opt/pictrace/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONPYCACHEPREFIX=/data/cache/bytecode \
    PICTRACE_CACHE=/data/cache \
    HOME=/data
USER pictrace
WORKDIR /data
VOLUME /data
EXPOSE 8501
# Ready is who has opened the catalog. Under a path prefix, so is the page that is asked.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python3", "-c", "import os, urllib.request as web; at = os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/'); web.urlopen('http://127.0.0.1:8501/' + (at + '/' if at else '') + 'api/v1/ready', timeout=8)"]
ENTRYPOINT ["pictrace"]
CMD ["serve", "--host", "0.0.0.0"]
