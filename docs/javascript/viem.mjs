// Sign a buy order and post it, with viem (and so with wagmi, whose hooks take the same arguments):
//
//   PRIVATE_KEY=0x… node viem.mjs powerpact.deployment.json MARKET terms.json
//
// terms.json holds the members of BuyOrder but for market and trader. In a browser the user's wallet takes the place of
// the private key.

import { readFileSync } from "node:fs";
import {
    createPublicClient, createWalletClient, http, parseEventLogs, parseSignature, signatureToCompactSignature,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";

import { abi, packBuyOrder, typedBuyOrder } from "./order.mjs";

const [deploymentFile, market, termsFile] = process.argv.slice(2);
const deployment = JSON.parse(readFileSync(deploymentFile));
const account = privateKeyToAccount(process.env.PRIVATE_KEY);
const order = { ...JSON.parse(readFileSync(termsFile)), market, trader: account.address };

const signature = await account.signTypedData(typedBuyOrder(deployment, order));
const { r, yParityAndS } = signatureToCompactSignature(parseSignature(signature));

const chain = {
    id: deployment.chain_id,
    name: "PowerPact",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [deployment.rpc_url] } },
};
const transport = http();
const reader = createPublicClient({ chain, transport });
const hash = await createWalletClient({ account, chain, transport }).writeContract({
    address: deployment.addresses.OrderBook,
    abi,
    functionName: "placeSigned",
    args: [market, [packBuyOrder(order)], [{ r, vs: yParityAndS }], []],
});
const { logs } = await reader.waitForTransactionReceipt({ hash });
const [placed] = parseEventLogs({ abi, logs, eventName: "OrdersPlaced" });
console.log(JSON.stringify({ trader: account.address, batch: placed.args.batch, signature, hash }));
