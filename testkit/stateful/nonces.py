"""Nonces as the ghost remembers them."""

from __future__ import annotations

from dataclasses import dataclass

from powerpact.market.orders import MOST_PAGES, NONCES_PER_PAGE


@dataclass(slots=True)
class Nonces:
    """The nonces that are used on one side by a trader: those of earlier pages, and some of the open page.

    Posting uses the nonce of a buy order; that of a sell order is used when the order is cancelled.
    """

    page: int = 0
    used: int = 0

    @property
    def word(self) -> int:
        """As the contracts keep them."""
        return self.page << 32 | self.used

    def is_used(self, nonce: int) -> bool:
        """Whether no order with this nonce can be posted any more."""
        page, bit = divmod(nonce, NONCES_PER_PAGE)
        return page < self.page or (page == self.page and bool(self.used >> bit & 1))

    @property
    def far_page(self) -> int:
        """The first page that lies too far ahead."""
        return self.page + MOST_PAGES + 1

    @property
    def telling(self) -> list[int]:
        """The nonces of the open page, and the one on either side of it."""
        first = self.page * NONCES_PER_PAGE
        return list(range(max(first - 1, 0), first + NONCES_PER_PAGE + 1))

    def next(self, turn: bool = False) -> int:
        """The lowest unused nonce of the open page, or of the next page if that is asked for or the page is full."""
        for bit in range(NONCES_PER_PAGE):
            if not turn and not self.used >> bit & 1:
                return self.page * NONCES_PER_PAGE + bit
        return (self.page + 1) * NONCES_PER_PAGE

    def mark(self, page: int, mask: int) -> None:
        """Use the nonces of a page whose bits are set."""
        if page >= self.page:
            self.used = mask | (self.used if page == self.page else 0)
            self.page = page

    def use(self, nonce: int) -> None:
        """Use one nonce."""
        self.mark(nonce // NONCES_PER_PAGE, 1 << nonce % NONCES_PER_PAGE)
