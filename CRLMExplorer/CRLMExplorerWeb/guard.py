"""Who may see the pages: whoever came by the address with the token."""

from __future__ import annotations

import secrets

from aiohttp import web

_PARAMETER = "token"


class Guard:
    """Refuses every request that has neither the token in its address nor the cookie it left.

    Attributes
    ----------
    token
        A new secret for this run of the server.
    """

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        # Cookies are shared by all ports of a host: each server needs a name of its own.
        self._cookie = f"crlm-explorer-{secrets.token_hex(4)}"

    def address(self, host: str, port: int) -> str:
        """The address to open in a browser."""
        return f"http://{host}:{port}/?{_PARAMETER}={self.token}"

    def protect(self, app: web.Application) -> None:
        """Put the guard before all routes of an application, web sockets included."""
        app.middlewares.append(self._middleware())

    def _middleware(self):
        @web.middleware
        async def guarded(request: web.Request, handler) -> web.StreamResponse:
            by_address = self._is_token(request.query.get(_PARAMETER, ""))
            if not by_address and not self._is_token(request.cookies.get(self._cookie, "")):
                raise web.HTTPForbidden(
                    text="Open the address that crlm-explorer printed; it holds a token."
                )
            try:
                response = await handler(request)
            except web.HTTPFound as redirect:
                response = redirect
            if by_address and not response.prepared:
                response.set_cookie(
                    self._cookie, self.token, httponly=True, samesite="Strict", path="/"
                )
            return response

        return guarded

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self.token.encode())
