// Error texts that more than one command uses, exactly as Redis writes them.
#pragma once

namespace rondo::errors {

inline constexpr const char* kSyntax = "ERR syntax error";
inline constexpr const char* kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr const char* kNotInteger = "ERR value is not an integer or out of range";
inline constexpr const char* kNotFloat = "ERR value is not a valid float";
inline constexpr const char* kNoSuchKey = "ERR no such key";
inline constexpr const char* kOutOfRange = "ERR index out of range";
inline constexpr const char* kDbIndex = "ERR DB index is out of range";
inline constexpr const char* kInvalidDbIndex = "ERR invalid DB index";
inline constexpr const char* kInvalidCursor = "ERR invalid cursor";
inline constexpr const char* kStringTooLong =
    "ERR string exceeds maximum allowed size "
    "(proto-max-bulk-len)";
inline constexpr const char* kOverflow = "ERR increment or decrement would overflow";
inline constexpr const char* kSameObject = "ERR source and destination objects are the same";
inline constexpr const char* kExecAbort =
    "EXECABORT Transaction discarded because of previous errors.";
inline constexpr const char* kNoAuth = "NOAUTH Authentication required.";
inline constexpr const char* kWrongPass =
    "WRONGPASS invalid username-password pair or user is "
    "disabled.";
inline constexpr const char* kBusy =
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
inline constexpr const char* kOutOfMemory =
    "OOM command not allowed when used memory > 'maxmemory'.";

}  // namespace rondo::errors
