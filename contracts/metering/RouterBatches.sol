// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {IRouterBatches} from "../../interfaces/metering/IRouterBatches.sol";
import {BatchProof} from "../shared/BatchProof.sol";
import {ReadingHashing} from "../shared/ReadingHashing.sol";
import {Signatures} from "../shared/Signatures.sol";
import {PackedReading} from "../types/Readings.sol";

/// @title RouterBatches
/// @notice See IRouterBatches for the specification.
/// @dev What is kept: one word for each batch, under the hash of what the router signed, and one for each router.
contract RouterBatches is IRouterBatches, EIP712 {
    /// @dev slot 0: 8 + 5 = 13
    struct Commitment {
        /// From 1, in the order in which batches were committed.
        uint64 number;
        /// Unix seconds.
        uint40 committedAt;
    }

    bytes32 private constant BATCH_TYPEHASH =
        keccak256("RouterBatch(uint32 router,uint32 turn,bytes32 root,uint32 count)");

    /// @inheritdoc IRouterBatches
    uint256 public constant MAX_COUNT = 65_536;

    IDeviceRegistry public immutable DEVICES;
    IMetering public immutable METERING;

    /// @inheritdoc IRouterBatches
    uint64 public batchCount;

    /// @inheritdoc IRouterBatches
    mapping(uint32 router => uint32) public turnOf;

    mapping(bytes32 signedHash => Commitment) private _commitments;

    constructor(address devices, address metering) EIP712("PowerPact", "1") {
        DEVICES = IDeviceRegistry(devices);
        METERING = IMetering(metering);
    }

    /// @inheritdoc IRouterBatches
    function commit(Batch calldata batch, bytes32 root, bytes calldata signature) external returns (uint64 number) {
        (uint32 router, uint32 turn, uint32 count) = (batch.router, batch.turn, batch.count);
        require(count != 0 && count <= MAX_COUNT, Router_BadCount(router, count, MAX_COUNT));
        require(turn == turnOf[router], Router_WrongTurn(router, turnOf[router], turn));
        bytes32 signed = _hashOf(batch, root);
        _checkSigner(router, Signatures.recover(_hashTypedDataV4(signed), signature));

        turnOf[router] = turn + 1;
        batchCount = number = batchCount + 1;
        uint40 committedAt = uint40(block.timestamp);
        _commitments[signed] = Commitment(number, committedAt);
        emit BatchCommitted(number, router, msg.sender, turn, count, committedAt, root);
    }

    /// @inheritdoc IRouterBatches
    function prove(
        PackedReading[] calldata readings,
        bytes[] calldata,
        Batch calldata batch,
        uint16[] calldata places,
        bytes32[] calldata siblings
    ) external returns (uint64 metered) {
        uint64 number = verify(batch, places, readings, siblings);

        metered = _report(address(METERING));
        emit ReadingsProved(number, metered, places);
    }

    /// @inheritdoc IRouterBatches
    function commitmentOf(Batch calldata batch, bytes32 root)
        external
        view
        returns (uint64 number, uint40 committedAt)
    {
        Commitment memory commitment = _commitments[_hashOf(batch, root)];
        return (commitment.number, commitment.committedAt);
    }

    /// @inheritdoc IRouterBatches
    function verify(
        Batch calldata batch,
        uint16[] calldata places,
        PackedReading[] calldata readings,
        bytes32[] calldata siblings
    ) public view returns (uint64 number) {
        require(readings.length != 0, Router_NothingShown(batch.router, batch.turn));
        bytes32 root = _rootOf(batch.count, places, readings, siblings);
        number = _commitments[_hashOf(batch, root)].number;
        // Numbers are given by `commit` alone, from one on: zero is a batch that nobody committed.
        // slither-disable-next-line incorrect-equality
        require(number != 0, Router_NotCommitted(batch.router, batch.turn, root));
    }

    /// @dev The root of a batch of `count` readings in which these are at these places.
    /// Reverts if: there are not as many places; they do not rise, or are not below `count`; the siblings are too few or too many.
    function _rootOf(
        uint256 count,
        uint16[] calldata places,
        PackedReading[] calldata readings,
        bytes32[] calldata siblings
    ) private pure returns (bytes32 root) {
        require(readings.length == places.length, Router_LengthMismatch(readings.length, places.length));
        bytes32[] memory nodes = new bytes32[](2 * places.length);
        uint256 least = 0;
        for (uint256 i = 0; i < places.length; ++i) {
            uint256 place = places[i];
            require(place >= least && place < count, Router_BadPlace(i, place, least, count));
            (nodes[2 * i], nodes[2 * i + 1]) = (bytes32(place), ReadingHashing.leafOf(place, readings[i]));
            least = place + 1;
        }
        uint256 needed;
        (root, needed) = BatchProof.rootOf(nodes, count, siblings);
        require(siblings.length == needed, Router_WrongSiblings(siblings.length, needed));
    }

    /// @dev Whether a key signs for this router now.
    /// Reverts if: the device is no router, out of service, or not certified as it is; it has another key now, or one that is not
    /// trusted, or was never certified.
    function _checkSigner(uint32 router, address signer) private view {
        IDeviceRegistry.Device memory device = DEVICES.device(router);
        require(device.kind == IDeviceRegistry.Kind.Router, Router_NotRouter(router, device.kind));
        require(device.stoppedAt == 0, Router_Stopped(router, device.stoppedAt));
        // Until a change takes effect, the key is another than the newest in the registry.
        // slither-disable-next-line unused-return
        (address key, uint40 since, uint40 distrusted,) = DEVICES.signerAt(router, uint40(block.timestamp));
        // 0 is never, and no time.
        // slither-disable-next-line incorrect-equality
        require(distrusted == 0, Router_KeyDistrusted(router, key, distrusted));
        require(device.certified && since != 0, Router_NotCertified(router));
        require(signer == key && signer != address(0), Router_BadSignature(router, key, signer));
    }

    /// @dev Have the metering take the readings of `prove`, whose first two arguments are those of IMetering.report. Encoding them
    /// again would cost a reading 1 300 gas.
    /// Reverts if: it does, with its error.
    function _report(address metering) private returns (uint64 batch) {
        bytes4 selector = IMetering.report.selector;
        // Equivalent to METERING.report(readings, signatures): it looks at nothing behind its arguments.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            mstore(free, or(selector, and(mload(free), shr(32, not(0)))))
            let isDone := call(gas(), metering, 0, free, calldatasize(), 0, 32)
            if iszero(isDone) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            batch := mload(0)
        }
    }

    /// @dev EIP-712 struct hash of what a router signs.
    function _hashOf(Batch calldata batch, bytes32 root) private pure returns (bytes32) {
        return keccak256(abi.encode(BATCH_TYPEHASH, batch.router, batch.turn, root, batch.count));
    }
}
