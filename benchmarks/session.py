"""One browser session of a Streamlit app without a browser: the messages, and no drawing."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import Any, Self

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState

__all__ = ["Session"]

_PATIENCE_S = 120
_FAULT = "This went wrong in PicTrace"


class Session:
    """A page that is open. errors: what it showed as an exception, or how it broke off."""

    def __init__(self, http: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._http, self._socket = http, socket
        self._states: dict[str, WidgetState] = {}
        self._sliders: dict[str, Any] = {}
        self._again: dict[str, float] = {}  # seconds by fragment
        self._finished = asyncio.Event()
        self._query = self._page = ""
        self._anew = False  # no element has come of a run that has begun
        self.errors: list[str] = []
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def open(cls, address: str) -> Self:
        """Connected, with its first page."""
        http = aiohttp.ClientSession()
        path = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        socket = await http.ws_connect(path, protocols=["streamlit"], max_msg_size=0)
        made = cls(http, socket)
        await made.run()
        return made

    async def close(self) -> None:
        """Leave."""
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening
        await self._socket.close()
        await self._http.close()

    async def run(self, *, query: str | None = None, moved: WidgetState | None = None) -> float:
        """Seconds until the page has run with another address, or another state of a widget."""
        if query is not None:
            self._query = query
        if moved is not None:
            self._states[moved.id] = moved
        started = time.perf_counter()
        await self._ask("")
        return time.perf_counter() - started

    async def wait(self, seconds: float) -> None:
        """Do nothing for so long but what the page does by itself."""
        end = time.monotonic() + seconds
        due = {name: time.monotonic() + every for name, every in self._again.items()}
        while (left := end - time.monotonic()) > 0:
            if not due:
                await asyncio.sleep(left)
                return
            name = min(due, key=lambda one: due[one])
            await asyncio.sleep(max(0.0, min(left, due[name] - time.monotonic())))
            if name not in self._again:
                del due[name]
            elif due[name] <= time.monotonic():
                await self._ask(name)
                due[name] = time.monotonic() + self._again.get(name, _PATIENCE_S)

    def some_slider(self, chance: random.Random) -> WidgetState:
        """Another state of one of its sliders of one handle."""
        slider = self._sliders[chance.choice(sorted(self._sliders))]
        steps = round((slider.max - slider.min) / slider.step)
        step = chance.randint(0, steps)
        state = WidgetState(id=slider.id)
        if slider.type == Slider.SELECT_SLIDER:  # speaks of its options, not of their numbers
            state.string_array_value.data.append(slider.options[step])
        else:
            state.double_array_value.data.append(slider.min + step * slider.step)
        return state

    async def _ask(self, fragment: str) -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        message.rerun_script.widget_states.widgets.extend(self._states.values())
        self._finished.clear()
        await self._socket.send_bytes(message.SerializeToString())
        try:
            await asyncio.wait_for(self._finished.wait(), _PATIENCE_S)
        except TimeoutError:
            self.errors.append(f"no answer within {_PATIENCE_S} s")

    async def _listen(self) -> None:
        try:
            async for one in self._socket:
                if one.type == aiohttp.WSMsgType.BINARY:
                    self._take(ForwardMsg.FromString(one.data))
        finally:
            self.errors.append("the connection was closed")
            self._finished.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
            self._anew = True
            return
        if self._anew and kind == "delta" and not message.delta.fragment_id:
            self._anew = False  # the whole page says anew who runs again by themselves, and which sliders there are
            self._again.clear()
            self._sliders.clear()
        if kind == "auto_rerun":
            self._again[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            self._again.pop(message.stop_auto_rerun.fragment_id, None)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                self.errors.append(element.exception.message[:200])
            elif element.WhichOneof("type") == "alert" and element.alert.body.startswith(_FAULT):
                self.errors.append(element.alert.body)
            elif element.WhichOneof("type") == "slider" and len(element.slider.default) == 1:
                self._sliders[element.slider.id] = element.slider
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.errors.append("the page could not be run")
            self._finished.set()
