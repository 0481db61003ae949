// A buy order for JavaScript, whatever the library: what is signed, and what is posted.

import orderBook from "powerpact/artifacts/OrderBook.json" with { type: "json" };
import signed from "powerpact/artifacts/types.json" with { type: "json" };

export const abi = orderBook.abi;

/** The EIP-712 domain of the order book of a deployment file. */
export function domainOf(deployment) {
    return { ...signed.domain, chainId: deployment.chain_id, verifyingContract: deployment.addresses.OrderBook };
}

/** What a trader signs: the members of BuyOrder, in whole Wh, micro-points per kWh, ppm and Unix seconds. */
export function typedBuyOrder(deployment, order) {
    return {
        domain: domainOf(deployment),
        types: { BuyOrder: signed.types.BuyOrder },
        primaryType: "BuyOrder",
        message: order,
    };
}

/** Join whole numbers, each with its width in bits, from the most significant bit down. */
function join(...fields) {
    return fields.reduce((word, [value, bits]) => (word << BigInt(bits)) | BigInt(value), 0n);
}

/** Eight numbers in one word, the first in the lowest 32 bits. */
function lanes(values) {
    return join(...values.toReversed().map((value) => [value, 32]));
}

/** The five words of a buy order as `placeSigned` takes them (contracts/types/Orders.sol). */
export function packBuyOrder(order) {
    const BUY = 0;
    return {
        head: join([order.trader, 160], [order.energyWh, 64], [order.bid, 32]),
        terms: join(
            [order.accept ? 1 : 0, 1], [order.minFill, 20], [BUY, 8], [0, 32],
            [order.requires, 64], [order.meter, 32], [order.nonce, 32], [order.expiry, 40],
        ),
        levels: lanes(order.expectations),
        limits: lanes(order.limits),
        weights: lanes(order.weights),
    };
}
