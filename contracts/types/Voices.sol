// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev A member's word: since when it has a voice, and what it has used it for:
///   exits 16 | exit day 24 | supported 32 | committee 32 | objected 32 | newest 32 | until 40 | since 40 = 248 bits
/// from the most significant bit down. `since` and `until`: Unix seconds, 0: never was a member, or still is one.
/// `newest`: the newest motion that it objected to; bit i of `objected`: it objected to motion `newest` − i. `committee`: the
/// newest motion on the committee that it objected to. `supported`: the proposal that it supports, 0: none. `exit day`: the
/// newest day of exits that it objected to, in days since 1970; bit i of `exits`: it objected to one of day `exit day` − i.
/// Motions are numbered, and of all that can still be objected to the oldest is less than 32 older than the newest (16 days
/// with exits): so bits that move along with the newest say everything, without a loop.
type Voice is uint256;

using {isMember, wasMemberAt, committee, supported} for Voice global;
using {asMember, asGone, withObjection, withObjectionToExit, withObjectionToChange, withSupport} for Voice global;

uint256 constant UNTIL_SHIFT = 40;
uint256 constant NEWEST_SHIFT = 80;
uint256 constant OBJECTED_SHIFT = 112;
uint256 constant COMMITTEE_SHIFT = 144;
uint256 constant SUPPORTED_SHIFT = 176;
uint256 constant DAY_SHIFT = 208;
uint256 constant EXITS_SHIFT = 232;

/// @notice Whether it is a member's now.
function isMember(Voice voice) pure returns (bool) {
    return uint40(Voice.unwrap(voice)) != 0 && uint40(Voice.unwrap(voice) >> UNTIL_SHIFT) == 0;
}

/// @notice Whether it is the voice of somebody who was a member at a time, whatever happened since.
/// @param time Unix seconds.
function wasMemberAt(Voice voice, uint40 time) pure returns (bool) {
    (uint256 since, uint256 until) = (uint40(Voice.unwrap(voice)), uint40(Voice.unwrap(voice) >> UNTIL_SHIFT));
    return since != 0 && since < time && (until == 0 || until > time);
}

/// @notice The newest motion on the committee that it objected to.
function committee(Voice voice) pure returns (uint32) {
    return uint32(Voice.unwrap(voice) >> COMMITTEE_SHIFT);
}

/// @notice The proposal that it supports; 0: none.
function supported(Voice voice) pure returns (uint32) {
    return uint32(Voice.unwrap(voice) >> SUPPORTED_SHIFT);
}

/// @notice The voice of somebody who is a member from a time on, Unix seconds.
function asMember(Voice voice, uint40 time) pure returns (Voice) {
    return Voice.wrap(((Voice.unwrap(voice) >> NEWEST_SHIFT) << NEWEST_SHIFT) | time);
}

/// @notice The voice of somebody who is a member no more since a time, Unix seconds, and supports nothing.
function asGone(Voice voice, uint40 time) pure returns (Voice) {
    return Voice.wrap(Voice.unwrap(withSupport(voice, 0)) | (uint256(time) << UNTIL_SHIFT));
}

/// @notice The voice with an objection to a motion.
/// @return isNew Whether it is the first to this motion.
/// @dev Warning: `motion` must be above `newest` − 32.
function withObjection(Voice voice, uint32 motion) pure returns (bool isNew, Voice) {
    uint256 word = Voice.unwrap(voice);
    (uint256 newest, uint256 objected) = (uint32(word >> NEWEST_SHIFT), uint32(word >> OBJECTED_SHIFT));
    (isNew, newest, objected) = _noted(newest, objected, motion);
    // Cut off are bits of motions that are 32 or more older: nobody can object to those any more.
    word &= ~((uint256(type(uint64).max)) << NEWEST_SHIFT);
    return (isNew, Voice.wrap(word | (newest << NEWEST_SHIFT) | (uint256(uint32(objected)) << OBJECTED_SHIFT)));
}

/// @notice The voice with an objection to an exit that was announced on a day.
/// @return isNew Whether it is the first to one of that day.
/// @dev Warning: `day` must be above `exit day` − 16.
function withObjectionToExit(Voice voice, uint24 day) pure returns (bool isNew, Voice) {
    uint256 word = Voice.unwrap(voice);
    (uint256 newest, uint256 objected) = (uint24(word >> DAY_SHIFT), uint16(word >> EXITS_SHIFT));
    (isNew, newest, objected) = _noted(newest, objected, day);
    word &= ~(uint256(type(uint40).max) << DAY_SHIFT);
    return (isNew, Voice.wrap(word | (newest << DAY_SHIFT) | (uint256(uint16(objected)) << EXITS_SHIFT)));
}

/// @notice The voice with an objection to a motion on the committee.
function withObjectionToChange(Voice voice, uint32 motion) pure returns (Voice) {
    uint256 rest = Voice.unwrap(voice) & ~(uint256(type(uint32).max) << COMMITTEE_SHIFT);
    return Voice.wrap(rest | (uint256(motion) << COMMITTEE_SHIFT));
}

/// @notice The voice with another proposal that it supports; 0: none.
function withSupport(Voice voice, uint32 proposal) pure returns (Voice) {
    uint256 rest = Voice.unwrap(voice) & ~(uint256(type(uint32).max) << SUPPORTED_SHIFT);
    return Voice.wrap(rest | (uint256(proposal) << SUPPORTED_SHIFT));
}

/// @dev Bit i of `objected` is of number `newest` − i: the same with a bit for `number`.
function _noted(uint256 newest, uint256 objected, uint256 number)
    pure
    returns (bool isNew, uint256 newest_, uint256 objected_)
{
    // A shift by 256 or more gives zero.
    if (number > newest) return (true, number, (objected << (number - newest)) | 1);
    uint256 bit = 1 << (newest - number);
    return (objected & bit == 0, newest, objected | bit);
}
