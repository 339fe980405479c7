// What this server calls itself. The Redis version is the one whose commands, replies and errors it
// speaks; clients choose their behaviour by it.
#pragma once

#include <string_view>

namespace rondo {

inline constexpr std::string_view kVersion = "0.1.0";
inline constexpr std::string_view kRedisVersion = "7.2.4";
inline constexpr int kRedisVersionNumber = 0x00070204;

}  // namespace rondo
