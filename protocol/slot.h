// key_slot: which of 16384 slots a key belongs to, as Redis Cluster defines it: CRC16 (XMODEM:
// polynomial 0x1021, start 0) of the key, or of what stands between the first '{' and the first
// '}' behind it when that is not empty, modulo 16384.
//
// Shards own slots by partitions of 16 neighbours: a map of partitions stays in the first-level
// cache, where one of slots would not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rondo {

inline constexpr int kSlots = 16384;
inline constexpr int kPartitions = 1024;

uint16_t crc16(std::string_view bytes);  // crc16("123456789") == 0x31c3.
uint16_t key_slot(std::string_view key);
inline size_t key_partition(std::string_view key) {
  return key_slot(key) / (kSlots / kPartitions);
}

}  // namespace rondo
