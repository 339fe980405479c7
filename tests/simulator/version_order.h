// VersionOrder: the versions of each key of a history in their order, found from what was
// read and from what the writers were told. Sights that no order explains end the search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/history.h"
#include "tests/simulator/queue_order.h"

namespace rondo {

// A key whose versions are numbered: a list or a counter. Version 0 is the absent key.
struct NumberedKey {
  struct Read {
    size_t operation;
    size_t version;
  };
  std::string name;
  std::vector<size_t> writers;   // Of version i + 1; kNoOperation: nobody knows.
  std::vector<uint64_t> tokens;  // Of a list: what version i + 1 added.
  std::vector<Read> reads;
};

// A register: its versions by value, in no order.
struct RegisterKey {
  struct Version {
    uint64_t value = 0;
    size_t writer = kNoOperation;  // None wrote the absent value, 0.
    std::vector<size_t> readers;
  };
  std::string name;
  std::vector<Version> versions;  // The absent one comes first.
  // The order inside one operation: it read version `first` and then wrote version `second`.
  std::vector<std::pair<size_t, size_t>> known;
};

struct VersionOrder {
  std::vector<NumberedKey> numbered;
  std::vector<RegisterKey> registers;
  std::vector<QueueOrder> queues;
  // Operations that took effect, as far as anybody can tell.
  std::vector<bool> happened;
};

std::optional<Contradiction> find_versions(const History& history, VersionOrder& order);

}  // namespace rondo
