// Writes tests/vectors/credentials.json: attestations, trees and proofs of the EAS SDK and of OpenZeppelin's merkle-tree.
//
//   node tools/credential_vectors.mjs > tests/vectors/credentials.json
//
// Nothing here comes from this library but the schema's text and the names and types of the fields.

import { createRequire } from "node:module";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, Wallet, ZeroAddress, keccak256, toUtf8Bytes } from "ethers";

// The ES modules of eas-sdk 2.10.0 do not load in Node (named imports of lodash); its CommonJS modules do.
const { Offchain, PrivateData, SchemaEncoder, SchemaRegistry } = createRequire(import.meta.url)(
  "@ethereum-attestation-service/eas-sdk",
);

const SCHEMA =
  "uint8 userType,uint16 permissions,uint64 mostEnergyWh,uint8 grade,uint32 credibilityPpm," +
  "bytes32 personTag,bytes32 privateData";
const TYPES = {
  fullName: "string", country: "string", nationalId: "string", userType: "string", mayBuy: "bool", maySell: "bool",
  electricity: "bool", heat: "bool", cold: "bool", gas: "bool", mostEnergyWh: "uint64", grade: "string",
  credibilityPpm: "uint32", wallet: "address", validFrom: "uint64", validUntil: "uint64",
};
const DOMAIN = { chainId: 31337n, address: "0x1111111111111111111111111111111111111111", version: "1.3.0" };
const KEYS = ["0x" + "07".repeat(32), "0x" + "08".repeat(32)];
const PEOPLE = [
  {
    attributes: {
      fullName: "Alice Example", country: "AT", nationalId: "1234 010190", userType: "prosumer", mayBuy: true,
      maySell: true, electricity: true, heat: false, cold: false, gas: false, mostEnergyWh: 50000, grade: "A",
      credibilityPpm: 900000, wallet: "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf", validFrom: 1795262400,
      validUntil: 1826798400,
    },
    codes: [3, 7, 50000, 1, 900000],
    disclosed: [["grade", "userType"], ["validUntil"], ["fullName", "gas", "wallet"], Object.keys(TYPES)],
  },
  {
    attributes: {
      fullName: "Überlandwerk 電力 GmbH", country: "DE", nationalId: "HRB-42/7", userType: "utility", mayBuy: false,
      maySell: true, electricity: false, heat: true, cold: true, gas: true, mostEnergyWh: "18446744073709551615",
      grade: "D", credibilityPpm: 0, wallet: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF", validFrom: 0,
      validUntil: 253402300799,
    },
    codes: [6, 58, "18446744073709551615", 4, 0],
    disclosed: [["mostEnergyWh"], ["country", "cold", "credibilityPpm", "nationalId", "validFrom"]],
  },
];

const hash = (text) => keccak256(toUtf8Bytes(text));

async function credential({ attributes, codes, disclosed }, index) {
  const fields = Object.entries(TYPES).map(([name, type]) => ({
    type, name, value: attributes[name], salt: hash(`salt ${index} ${name}`),
  }));
  const tree = new PrivateData(fields);
  const { root } = tree.getFullTree();
  const encoder = new SchemaEncoder(SCHEMA);
  const personTag = hash(`tag ${index}`);
  const values = [...codes, personTag, root];
  const data = encoder.encodeData(
    SCHEMA.split(",").map((part, i) => ({ type: part.split(" ")[0], name: part.split(" ")[1], value: values[i] })),
  );
  const offchain = new Offchain(DOMAIN, 2, {});
  const terms = {
    schema: SchemaRegistry.getSchemaUID(SCHEMA, ZeroAddress, true), recipient: attributes.wallet,
    time: BigInt(attributes.validFrom), expirationTime: BigInt(attributes.validUntil), revocable: true,
    refUID: "0x" + "00".repeat(32), data, salt: hash(`salt ${index}`),
  };
  const signatures = [];
  let uid;
  for (const key of KEYS) {
    const wallet = new Wallet(key);
    const signed = await offchain.signOffchainAttestation(terms, wallet);
    if (!offchain.verifyOffchainAttestationSignature(wallet.address, signed)) throw new Error("not verified");
    uid = signed.uid;
    const { r, s, v } = signed.signature;
    signatures.push({ signer: wallet.address, signature: r + s.slice(2) + v.toString(16) });
  }
  const proofs = disclosed.map((names) => {
    const indices = fields.flatMap(({ name }, i) => (names.includes(name) ? [i] : []));
    const { leaves, proof, proofFlags } = tree.generateMultiProof(indices);
    return { names: leaves.map(({ name }) => name), proof, proofFlags };
  });
  const salts = Object.fromEntries(fields.map(({ name, salt }) => [name, salt]));
  return { attributes, salts, personTag, salt: terms.salt, root, data, uid, signatures, proofs };
}

function tree(count) {
  const leaves = Array.from({ length: count }, (_, i) => [
    "uint64", `field ${i}`, AbiCoder.defaultAbiCoder().encode(["uint64"], [i]), hash(`tree ${count} ${i}`),
  ]);
  const made = StandardMerkleTree.of(leaves, ["string", "string", "bytes", "bytes32"]);
  const some = leaves.map((_, i) => i).filter((i) => (count * 7 + i * 5) % 3 !== 0 || i === 0);
  const { leaves: shown, proof, proofFlags } = made.getMultiProof(some);
  return {
    salts: leaves.map((leaf) => leaf[3]), root: made.root,
    shown: shown.map((leaf) => Number(leaf[1].split(" ")[1])), proof, proofFlags,
  };
}

const vectors = {
  schema: SCHEMA,
  schemaId: SchemaRegistry.getSchemaUID(SCHEMA, ZeroAddress, true),
  domain: { ...DOMAIN, chainId: Number(DOMAIN.chainId) },
  keys: KEYS,
  credentials: await Promise.all(PEOPLE.map(credential)),
  trees: [1, 2, 3, 4, 5, 6, 7, 8, 13, 17].map(tree),
};
console.log(JSON.stringify(vectors, null, 1));
