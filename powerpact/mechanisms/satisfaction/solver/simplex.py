"""Network simplex for divisible orders: from trades that form a forest to an exact optimum.

Nodes are the buyers, the sellers and a *root*: every unit goes from a buyer to a seller, or, if it is not traded, from
a buyer to the root or from the root to a seller. A basis is a tree over all nodes, and only its arcs carry units. A
node's arc is the one to its parent: a buyer's leads up, a seller's comes down. The tree is also kept as a ring of all
nodes in preorder, in which every subtree is a piece, so that its prices change in one sweep. Source: Ahuja, Magnanti,
Orlin, "Network Flows" (1993), chapter 11.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from powerpact.mechanisms.satisfaction.solver.arrays import Codes, Energies, Ints
from powerpact.mechanisms.satisfaction.solver.compiled import compiled

NONE: Final = -1
"""No node; no edge, but the arc between an order and the root."""


class Tree(NamedTuple):
    """A basis. Nodes are the buyers, the sellers and the root, in this order.

    Attributes
    ----------
    parent : (nodes,) int32
        Next node towards the root.
    edge : (nodes,) int32
        Edge to the parent, `NONE` if the parent is the root.
    amount : (nodes,) uint64
        Units on it.
    price : (nodes,) int64
        Dual prices of buyers, negated ones of sellers, each relative to the root's.
    size : (nodes,) int32
        Number of nodes in the subtree.
    after, before : (nodes,) int32
        Next and previous node in preorder.
    last : (nodes,) int32
        Last node of the subtree in preorder.
    """

    parent: Codes
    edge: Codes
    amount: Energies
    price: Ints
    size: Codes
    after: Codes
    before: Codes
    last: Codes


@compiled
def link(tree: Tree, node: int, after: int) -> None:
    """Let a node follow another one in preorder."""
    tree.after[node] = after
    tree.before[after] = node


@compiled
def planted(edges: Codes, order: Ints, buyer_capacity: Energies, seller_capacity: Energies) -> Tree:
    """Trade greedily along the edges in the given order, each time as much as possible.

    Each trade uses up a buyer or a seller, and becomes its arc; the other one is attached to the root. A seller is
    used up first among equals, so that no arc without units comes down.
    """
    n, m = buyer_capacity.size, seller_capacity.size
    root = n + m
    nodes = np.arange(root + 1).astype(np.int32)
    tree = Tree(
        np.full(root + 1, root, np.int32),
        np.full(root + 1, NONE, np.int32),
        np.zeros(root + 1, np.uint64),
        np.zeros(root + 1, np.int64),
        np.ones(root + 1, np.int32),
        nodes.copy(),
        nodes.copy(),
        nodes.copy(),
    )
    tree.parent[root] = NONE
    tree.amount[:n] = buyer_capacity
    tree.amount[n:root] = seller_capacity
    spent = np.empty(root, np.int32)
    is_spent = np.zeros(root, np.bool_)
    count = 0
    for k in range(order.size):
        edge = order[k]
        lower, upper = n + edges[1, edge], edges[0, edge]
        if is_spent[lower] or is_spent[upper] or tree.amount[lower] == np.uint64(0):
            continue
        if tree.amount[upper] < tree.amount[lower]:
            lower, upper = upper, lower
        if tree.amount[lower] == np.uint64(0):
            continue
        tree.amount[upper] -= tree.amount[lower]
        tree.parent[lower], tree.edge[lower] = upper, edge
        spent[count], is_spent[lower] = lower, True
        count += 1
    # Whoever was used up first is lowest: its subtree is complete when it is attached to its parent.
    for node in range(root):
        if not is_spent[node]:
            spent[count] = node
            count += 1
    for k in range(root):
        node = spent[k]
        parent = tree.parent[node]
        end = tree.last[node]
        link(tree, tree.last[parent], node)
        tree.last[parent] = end
        tree.size[parent] += tree.size[node]
    link(tree, tree.last[root], root)
    return tree


@compiled
def reprice(tree: Tree, edges: Codes, buyers: int) -> None:
    """Derive all prices from the scores of the tree's arcs."""
    root = tree.parent.size - 1
    tree.price[root] = 0
    node = tree.after[root]
    while node != root:
        score = np.int64(0)
        if tree.edge[node] != NONE:
            score = np.int64(edges[2, tree.edge[node]])
        tree.price[node] = tree.price[tree.parent[node]] + (score if node < buyers else -score)
        node = tree.after[node]


@compiled
def shift(tree: Tree, begin: int, end: int, count: int, change: int) -> None:
    """Change the prices of so many nodes in preorder, from both ends at once, since each end waits for its links."""
    for _ in range(count // 2):
        tree.price[begin] += change
        tree.price[end] += change
        begin, end = tree.after[begin], tree.before[end]
    if count % 2:
        tree.price[begin] += change


@compiled
def send(tree: Tree, buyers: int, begin: int, join: int, units: np.uint64, up: bool) -> None:
    """Send units along the arcs from a node to one above it, up or down."""
    node = begin
    while node != join:
        if (node < buyers) == up:
            tree.amount[node] += units
        else:
            tree.amount[node] -= units
        node = tree.parent[node]


@compiled
def cut(tree: Tree, top: int, join: int) -> None:
    """Take a subtree out of the ring, and out of the sizes of the nodes above, up to `join`."""
    before, end, moved = tree.before[top], tree.last[top], tree.size[top]
    link(tree, before, tree.after[end])
    node = tree.parent[top]
    while node != NONE and tree.last[node] == end:
        tree.last[node] = before
        node = tree.parent[node]
    node = tree.parent[top]
    while node != join:
        tree.size[node] -= moved
        node = tree.parent[node]


@compiled
def regraft(tree: Tree, top: int, out: int, above: int, edge: int, units: np.uint64, join: int) -> None:
    """Attach a subtree that was cut below `out` from another node by its node `top`.

    On the way from `top` to `out`, each node becomes the parent of the next one, and is followed in preorder by what
    is left of its own subtree, then by the next node.
    """
    moved = tree.size[out]
    rest = tree.after[above]
    is_leaf = tree.last[above] == above
    node, parent = top, above
    tail = above
    inner_end, inner_size = NONE, 0
    hole_before, hole_after = NONE, NONE
    while True:
        end, size = tree.last[node], tree.size[node]
        left_before, left_after = tree.before[node], tree.after[end]
        piece_end = end
        if inner_end == end:
            piece_end, left_after = hole_before, hole_after
        elif inner_end != NONE:
            link(tree, hole_before, hole_after)
        link(tree, tail, node)
        tail = piece_end
        next_node, next_edge, next_units = tree.parent[node], tree.edge[node], tree.amount[node]
        tree.parent[node], tree.edge[node], tree.amount[node] = parent, edge, units
        tree.size[node] = moved - inner_size
        if node == out:
            break
        parent, edge, units = node, next_edge, next_units
        inner_end, inner_size, hole_before, hole_after = end, size, left_before, left_after
        node = next_node
    link(tree, tail, rest)
    while node != above:
        tree.last[node] = tail
        node = tree.parent[node]
    if is_leaf:
        while node != NONE and tree.last[node] == above:
            tree.last[node] = tail
            node = tree.parent[node]
    node = above
    while node != join:
        tree.size[node] += moved
        node = tree.parent[node]


@compiled
def pivot(tree: Tree, buyers: int, tail: int, head: int, edge: int, gain: int) -> None:
    """Send units along an arc that is not in the tree and back through the tree, as many as its arcs can give up.

    Of the arcs that give all up, the last one from the top in the direction of the cycle leaves the tree: then no
    sequence of pivots comes back to the same tree.

    Parameters
    ----------
    tree : Tree
        Changed in place.
    buyers : int
        Number of buyers.
    tail, head, edge : int
        Nodes that the arc leads from and to, and its edge or `NONE`.
    gain : int
        Its score above the prices of its ends.
    """
    join, other = tail, head
    while join != other:
        if tree.size[join] < tree.size[other]:
            join = tree.parent[join]
        else:
            other = tree.parent[other]
    out, units, is_tail_side = NONE, np.uint64(0), True
    node = tail
    while node != join:
        if node < buyers and (out == NONE or tree.amount[node] < units):
            out, units = node, tree.amount[node]
        node = tree.parent[node]
    node = head
    while node != join:
        if node >= buyers and (out == NONE or tree.amount[node] <= units):
            out, units, is_tail_side = node, tree.amount[node], False
        node = tree.parent[node]
    if units > np.uint64(0):
        send(tree, buyers, tail, join, units, False)
        send(tree, buyers, head, join, units, True)
    moved = tree.size[out]
    cut(tree, out, join)
    top, above, change = (tail, head, gain) if is_tail_side else (head, tail, -gain)
    regraft(tree, top, out, above, edge, units, join)
    nodes = tree.parent.size
    if 2 * moved <= nodes:
        shift(tree, top, tree.last[top], moved, change)
    else:
        shift(tree, tree.after[tree.last[top]], tree.before[top], nodes - moved, -change)


@compiled
def improve(tree: Tree, edges: Codes, buyers: int, start: int, block: int, budget: int) -> int:
    """Pivot until no arc is worth more than the prices of its ends.

    Each time, the best arc of a block is taken; the blocks go round, through the edges and the arcs of the root.

    Parameters
    ----------
    tree : Tree
        Changed in place.
    edges : (3, edges) int32
        Buyer, seller and score.
    buyers : int
        Number of buyers.
    start : int
        Arc to begin with.
    block : int
        Arcs of a block.
    budget : int
        Most pivots.

    Returns
    -------
    int
        Arc to go on with, `NONE` at the end.
    """
    root = tree.parent.size - 1
    count = edges.shape[1]
    arcs = count + root
    at, looked, left = start, 0, block
    best, chosen = np.int64(0), NONE
    while looked < arcs and budget > 0:
        if at < count:
            gain = edges[2, at] - tree.price[edges[0, at]] + tree.price[buyers + edges[1, at]]
        else:
            gain = tree.price[root] - tree.price[at - count]
            gain = gain if at - count < buyers else -gain
        if gain > best:
            best, chosen = gain, at
        looked += 1
        left -= 1
        at = at + 1 if at + 1 < arcs else 0
        if chosen != NONE and (left <= 0 or looked == arcs):
            tail, head, edge = root, root, NONE
            if chosen < count:
                tail, head, edge = int(edges[0, chosen]), buyers + int(edges[1, chosen]), chosen
            elif chosen - count < buyers:
                tail = chosen - count
            else:
                head = chosen - count
            pivot(tree, buyers, tail, head, edge, int(best))
            best, chosen, looked, left = np.int64(0), NONE, 0, block
            budget -= 1
    return NONE if looked == arcs else at
