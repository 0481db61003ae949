"""Names for a schema, and the rules that are kept of a market."""


def names(count, kind):
    return [f"{kind} {i}" for i in range(count)]


def stored_rules(markets, market):
    """The rules that the book keeps of a market."""
    words = markets.rulesOf(market)
    return tuple(bytes(word) if isinstance(word, bytes) else word for word in words)
