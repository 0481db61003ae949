// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {AccountsHandler} from "./AccountsHandler.sol";
import {ForgeTest} from "./Vm.sol";

contract AccountsInvariantTest is ForgeTest {
    /// @dev How Forge is told of functions.
    struct FuzzSelector {
        address target;
        bytes4[] selectors;
    }

    AccountsHandler private handler;

    function setUp() public {
        handler = new AccountsHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector(address(handler), new bytes4[](1));
        excluded[0].selectors[0] = handler.drain.selector;
    }

    /// After each run.
    function afterInvariant() external {
        handler.drain();
    }

    function invariant_tokensEqualTheSumOfAllClaims() external view {
        (uint256 tokens, uint256 claims, uint256 wallets, uint256 supply) = handler.balances();
        assertEq(tokens, claims, "MON-1: the token balance must equal the sum of all claims");
        assertEq(wallets, claims, "MON-1: free and held points must make up the claims");
        assertEq(supply + handler.burntGhost(), handler.mintedGhost(), "what is burnt must leave the supply");
    }

    function invariant_heldIsWhatOrdersTradesAndBondsReserve() external view {
        for (uint256 i = 0; i < handler.TRADERS(); ++i) {
            address trader = handler.traders(i);
            assertEq(
                handler.heldOf(trader), handler.heldGhost(trader), "held points must be those of live orders and bonds"
            );
        }
        for (uint256 r = 0; r < handler.roundCount(); ++r) {
            assertEq(handler.lockedIn(r), handler.lockedGhost(r), "locked points must be those of unsettled trades");
        }
    }

    /// Every way for money to go is open to the machine.
    function test_handlerReachesEveryEnd() external {
        for (uint256 r = 0; r < 3; ++r) {
            handler.open(5 minutes | (uint256(2 hours) << 64), 100_000, 200_000);
            handler.sell(0, 2, 1_500, 100_000, 50_000);
            handler.buy(0, 0, 1_000, 90_000);
            handler.buy(0, 1, 2_000, 95_000);
        }
        handler.cancel(0, 1);
        handler.clear(2, 0);
        handler.settle(2, 700, false);
        handler.seal(1, 0, 1, true);
        handler.release(1);
        handler.challenge(1, 2);
        handler.seal(1, 1, 1, false);
        handler.seal(1, 2, 1, true);
        handler.seal(1, 0, 2, true);
        handler.challenge(1, 2);
        handler.finalize(1);
        handler.release(1);
        handler.refund(1);
        handler.drain();
        assertEq(handler.settled(), 1, "a trade must be settled");
        assertTrue(handler.refunded() != 0, "a trade must be refunded");
        assertTrue(handler.released() != 0, "an order must be released");
        assertEq(handler.cancelled(), 1, "an order must be cancelled");
        assertEq(handler.stood(), 4, "proposals must be sealed");
        assertEq(handler.outranked(), 1, "a proposal without a certificate must give way to one with it");
        assertEq(handler.refuted(), 2, "a pair must refute a false proposal, and a better one another");
        assertEq(handler.finalized(), 1, "a proposal must outlast its window");
        assertTrue(handler.refusals() != 0, "what must fail must have been tried");
    }
}
