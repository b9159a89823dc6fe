"""What a guest asks for while it runs: read out of its exchange struct, and answered."""

from __future__ import annotations

from .._errors import GuestProtocolError
from .._filesystem import FileError
from .._wasi import FUNCTIONS, Args, FileFunction
from .._wasm._instance import Instance
from . import _abi as abi
from ._base import HostSide

_FILE_FUNCTIONS = {
    value: FUNCTIONS[name[4:].lower()]
    for name, value in vars(abi).items()
    if name.startswith(("SYS_FD_", "SYS_PATH_"))
}
_NAME_BYTES = 256  # the longest name of a host function that is looked at
_RANDOM_BYTES = 65_536  # the most that one request for randomness gets


class Serving:
    """Serves the imports of one guest: the engine calls them while the guest waits.

    Neither raises: an exception must not pass through the guest.

    Args:
        host: Has the answers.

    Attributes:
        is_stopped: Whether the guest was told to stop; it is served nothing any more.
    """

    def __init__(self, host: HostSide) -> None:
        self._host = host
        self._files = host.files
        self._reply = b""
        self.is_stopped = False

    def begin(self, instance: Instance, exchange: memoryview, output_buffer: int) -> None:
        """Serve that instance from now on; it has run nothing.

        Args:
            exchange: Its exchange struct.

            output_buffer: Address of what it writes output to.
        """
        self._instance = instance
        self._memory = instance.memory
        self._exchange = exchange
        self._output_buffer = output_buffer

    def on_call(self) -> None:
        """Serve a host call."""
        try:
            if not self.is_stopped:
                self._serve_call()
        except BaseException as error:
            self._stop(error)
        if self.is_stopped:
            abi.REPLY.pack_into(self._exchange, abi.REPLY_AT, 0, abi.REPLY_STOP)

    def _serve_call(self) -> None:
        memory, exchange = self._memory, self._exchange
        op, name_at, name_len, args_at, args_len, reply_at, capacity = abi.CALL.unpack_from(
            exchange, abi.CALL_AT
        )
        if op == abi.CALL_INVOKE:
            if name_len > _NAME_BYTES:
                raise GuestProtocolError(f"guest named a host function with {name_len} bytes")
            name = memory.read(name_at, name_len)
            if args_len > self._host.host_call_bytes:
                text = b'["RuntimeError","the arguments of the host call are too large"]'
                status, self._reply = abi.REPLY_EXCEPTION, text
            else:
                status, self._reply = self._host.call(name, memory.read(args_at, args_len))
        elif op == abi.CALL_FETCH:
            status = abi.REPLY.unpack_from(exchange, abi.REPLY_AT)[1]
            if status not in (abi.REPLY_VALUE, abi.REPLY_EXCEPTION):
                raise GuestProtocolError(f"guest fetched a reply of the unknown status {status}")
        else:
            raise GuestProtocolError(f"guest asked for the unknown call operation {op}")
        reply = self._reply
        if len(reply) <= capacity:
            memory.write(reply_at, reply)
            self._reply = b""
        abi.REPLY.pack_into(exchange, abi.REPLY_AT, len(reply), status)

    def on_sys(self) -> None:
        """Serve a system function."""
        try:
            if not self.is_stopped:
                # One look at everything: programs that use files ask for little else.
                asked = abi.SYS_FILE.unpack_from(self._exchange, abi.SYS_FILE_AT)
                function = _FILE_FUNCTIONS.get(asked[0])
                if function is not None:
                    self._serve_files(function, asked[3:])
                else:
                    self._serve_sys(asked[0], asked[3], asked[4])
        except BaseException as error:
            self._stop(error)
        if self.is_stopped:
            abi.WORD.pack_into(self._exchange, abi.SYS_RESULT_AT, abi.SYS_STOP)

    def _serve_files(self, function: FileFunction, args: Args) -> None:
        view, errno = self._exchange, 0
        try:
            stat = function(self._files, self._memory, args)
        except FileError as error:
            errno, stat = error.errno, None
        if stat is None:
            abi.SYS_RESULT.pack_into(view, abi.SYS_RESULT_AT, abi.SYS_OK, 0, errno)
        else:
            abi.SYS_OPENED.pack_into(view, abi.SYS_OPENED_AT, abi.SYS_OK, 1, 0, *stat)

    def _serve_sys(self, op: int, first: int, second: int) -> None:
        memory, exchange = self._memory, self._exchange
        result = abi.SYS_OK
        if op == abi.SYS_OUTPUT:
            stream, length = abi.OUTPUT.unpack_from(exchange, abi.OUTPUT_AT)
            if not self.output(stream, length):
                (flags,) = abi.WORD.unpack_from(exchange, abi.FLAGS_AT)
                abi.WORD.pack_into(exchange, abi.FLAGS_AT, flags | abi.FLAG_DISCARD)
        elif op == abi.SYS_CLOCK:
            first = self._host.clock(bool(first))
        elif op == abi.SYS_SLEEP:
            self._host.sleep(first)
        elif op == abi.SYS_RANDOM:
            if second > _RANDOM_BYTES:
                result = abi.SYS_REFUSED
            else:
                memory.write(first, self._host.random(second))
        else:
            raise GuestProtocolError(f"guest asked for the unknown system function {op}")
        abi.SYS_RESULT.pack_into(exchange, abi.SYS_RESULT_AT, result, 0, first)

    def _stop(self, error: BaseException) -> None:
        """End the run: the guest is told to trap, and one that does not is made to."""
        self.is_stopped = True
        self._host.fail(error)
        self._instance.kill()

    def output(self, stream: int, length: int) -> bool:
        """Take what lies in the output buffer; return False if no more is wanted."""
        if stream not in (1, 2) or length > abi.OUTPUT_BYTES:
            raise GuestProtocolError(f"guest wrote {length} bytes to stream {stream}")
        return self._host.output(stream, self._memory.read(self._output_buffer, length))
