#include <optional>

#include "reactor/base/check.h"
#include "shard/commands/dump_read.h"
#include "shard/commands/dump_write.h"
#include "shard/keyspace.h"
#include "shard/shard.h"
#include "tests/fuzz/targets.h"

namespace rondo {

// A payload without its footer: what is taken becomes a value whose own payload is taken again, and
// makes a payload of the same size.
void fuzz_dump(std::string_view bytes) {
  ShardLimits limits;
  limits.string_bytes_max = 1 << 20;
  std::optional<DetachedValue> value = read_dump(bytes, limits);
  if (!value) return;
  Shard shard({});
  const Key key = make_key("k");
  Keyspace& keyspace = shard.db(0);
  keyspace.put(key, std::move(*value), events::kRestore);
  shard.verify();
  const std::string payload = dump_value(keyspace.find(key));
  CHECK(has_dump_footer(payload));
  value = read_dump(without_dump_footer(payload), limits);
  CHECK(value.has_value());
  keyspace.put(key, std::move(*value), events::kRestore);
  shard.verify();
  CHECK(dump_value(keyspace.find(key)).size() == payload.size());
}

}  // namespace rondo
