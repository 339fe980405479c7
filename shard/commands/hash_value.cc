#include "shard/commands/hash_value.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace rondo {

size_t HashView::size() const {
  if (!entry_) return 0;
  return is_packed() ? packed().count() / stride(packed()) : object().size();
}

bool HashView::may_expire() const {
  if (!entry_) return false;
  return is_packed() ? stride(packed()) == 3 : object().expiring() > 0;
}

size_t HashView::live_size() const {
  if (!may_expire()) return size();
  size_t live = 0;
  for_each([&](const Item&, const Item&) { ++live; });
  return live;
}

bool HashView::get(std::string_view field, Item& value) const {
  int64_t unused;
  return get(field, value, unused);
}

bool HashView::get(std::string_view field, Item& value, int64_t& expire_at_ms) const {
  if (!entry_) return false;
  if (is_packed()) {
    const PackedView elements = packed();
    const size_t step = stride(elements);
    const size_t at = elements.find(PackedElement(field), elements.begin(), step);
    if (at == elements.end()) return false;
    const size_t value_at = elements.next(at);
    const int64_t at_ms = step == 2 ? 0 : elements.at(elements.next(value_at)).number;
    if (at_ms != 0 && is_due(at_ms)) return false;
    value = elements.at(value_at);
    expire_at_ms = at_ms != 0 ? at_ms : kNoExpiry;
    return true;
  }
  const HashField found = object().find(make_key(field));
  if (!found || !is_live(found)) return false;
  value = Item::of(found.value());
  expire_at_ms = found.expire_at_ms();
  return true;
}

HashEdit::HashEdit(Call& call)
    : keyspace_(call.keyspace()),
      key_(call.key(1)),
      collection_(keyspace_, key_, Type::kHash),
      limits_(call.shard().limits().hash),
      now_ms_(call.now_ms()) {}

bool HashEdit::set(std::string_view field, std::string_view value, int64_t expire_at_ms) {
  const bool packs = may_pack(field) && may_pack(value);
  if (!collection_.exists()) {
    if (packs && limits_.entries_max > 0) {
      const PackedElement pair[] = {field, value};
      collection_.create(pair);
      if (expire_at_ms >= 0) set_expiry(field, expire_at_ms);
      return true;
    }
    collection_.become(std::make_unique<HashObject>());
  }
  if (collection_.is_packed()) {
    if (packs) return set_packed(field, value, expire_at_ms);
    unpack();
  }
  return set_object(field, value, expire_at_ms);
}

bool HashEdit::set_object(std::string_view field, std::string_view value, int64_t expire_at_ms) {
  const Key key = make_key(field);
  HashObject& hash = object();
  bool expired = false;
  if (hash.expiring() > 0) {
    // Only here is it of interest what there was.
    const HashField found = hash.find(key);
    expired = found && !view().is_live(found);
    if (expire_at_ms == kKeepExpiry) {
      expire_at_ms = found && !expired ? found.expire_at_ms() : kNoExpiry;
    }
    drops_expiry_ = drops_expiry_ || (found && found.has_expiry());
  } else if (expire_at_ms == kKeepExpiry) {
    expire_at_ms = kNoExpiry;
  }
  expires_ = expires_ || expire_at_ms != kNoExpiry;
  return hash.set(key, value, expire_at_ms) || expired;
}

bool HashEdit::set_packed(std::string_view field, std::string_view value, int64_t expire_at_ms) {
  if (expire_at_ms >= 0 && !become_expiring()) return set_object(field, value, expire_at_ms);
  const PackedView elements = collection_.packed();
  const size_t stride = HashView::stride(elements);
  const PackedElement added[] = {field, value,
                                 PackedElement::of(std::max<int64_t>(expire_at_ms, 0))};
  const size_t at = elements.find(added[0], elements.begin(), stride);
  if (at != elements.end()) return overwrite_packed(elements.next(at), value, expire_at_ms);
  if (static_cast<int64_t>(elements.count() / stride) >= limits_.entries_max ||
      elements.count() + stride > PackedView::kCountMax || elements.end() > PackedView::kBytesMax) {
    unpack();
    return set_object(field, value, expire_at_ms);
  }
  expires_ = expires_ || expire_at_ms >= 0;
  collection_.splice({elements.end(), 0, 0, {added, stride}});
  return true;
}

// The field is there; true when its time has come, so that it is new all the same.
bool HashEdit::overwrite_packed(size_t value_at, std::string_view value, int64_t expire_at_ms) {
  const PackedView elements = collection_.packed();
  const size_t next = elements.next(value_at);
  const PackedElement element(value);
  if (HashView::stride(elements) == 2) {
    collection_.splice({value_at, next - value_at, 1, {&element, 1}});
    return false;
  }
  const int64_t before_ms = elements.at(next).number;
  const bool expired = before_ms != 0 && before_ms <= now_ms_;
  if (expire_at_ms == kKeepExpiry && !expired) {
    expire_at_ms = before_ms;
  } else {
    expires_ = expires_ || expire_at_ms >= 0;
    drops_expiry_ = drops_expiry_ || before_ms != 0;
  }
  const PackedElement both[] = {element, PackedElement::of(std::max<int64_t>(expire_at_ms, 0))};
  collection_.splice({value_at, elements.next(next) - value_at, 2, both});
  return expired;
}

void HashEdit::set_expiry(std::string_view field, int64_t expire_at_ms) {
  expires_ = expires_ || expire_at_ms != kNoExpiry;
  drops_expiry_ = drops_expiry_ || expire_at_ms == kNoExpiry;
  if (!collection_.is_packed() || !become_expiring()) {
    object().set_expiry(make_key(field), expire_at_ms);
    return;
  }
  const PackedView elements = collection_.packed();
  const size_t at = elements.find(PackedElement(field), elements.begin(), 3);
  CHECK(at != elements.end());
  const size_t expiry_at = elements.next(elements.next(at));
  const PackedElement expiry = PackedElement::of(std::max<int64_t>(expire_at_ms, 0));
  collection_.splice({expiry_at, elements.next(expiry_at) - expiry_at, 1, {&expiry, 1}});
}

// A new hash is written at once, as far as it has few fields that are all different.
bool HashEdit::create_all(Args pairs) {
  constexpr size_t kPairsMax = 16;
  const size_t count = pairs.size() / 2;
  if (collection_.exists() || count > kPairsMax) return false;
  if (static_cast<int64_t>(count) > limits_.entries_max) return false;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (!may_pack(pairs[i])) return false;
    for (size_t j = i % 2; i % 2 == 0 && j < i; j += 2) {
      if (pairs[i] == pairs[j]) return false;
    }
  }
  const std::vector<PackedElement> elements(pairs.begin(), pairs.end());
  collection_.create(elements);
  return true;
}

size_t HashEdit::set_all(Args pairs) {
  if (pairs.size() > 2 && create_all(pairs)) return pairs.size() / 2;
  size_t added = 0;
  for (size_t i = 0; i + 1 < pairs.size(); i += 2)
    added += set(pairs[i], pairs[i + 1]) ? 1 : 0;
  return added;
}

bool HashEdit::erase(std::string_view field) {
  if (!collection_.exists()) return false;
  if (!collection_.is_packed()) {
    // Looked for first, so that nothing counts as changed when it is not there.
    const Key key = make_key(field);
    const HashField found = view().object().find(key);
    if (!found) return false;
    drops_expiry_ = drops_expiry_ || found.has_expiry();
    return object().erase(key);
  }
  const PackedView elements = collection_.packed();
  const size_t stride = HashView::stride(elements);
  const size_t at = elements.find(PackedElement(field), elements.begin(), stride);
  if (at == elements.end()) return false;
  size_t end = elements.next(elements.next(at));
  if (stride == 3) {
    drops_expiry_ = drops_expiry_ || elements.at(end).number != 0;
    end = elements.next(end);
  }
  collection_.splice({at, end - at, stride, {}});
  return true;
}

// A packed hash gets a third element for each field, if they have none. False when these are too
// many: it is an object then.
bool HashEdit::become_expiring() {
  if (HashView::stride(collection_.packed()) == 3) return true;
  if (collection_.packed().count() / 2 * 3 > PackedView::kCountMax) {
    unpack();
    return false;
  }
  std::vector<PackedElement> elements;
  view().for_each_stored([&](const Item& field, const Item& value, int64_t) {
    char digits[24];
    elements.emplace_back(field.text(digits));
    elements.emplace_back(value.text(digits));
    elements.push_back(PackedElement::of(0));
  });
  collection_.replace(pack(Type::kHash, elements, PackedForm::kExpiring));
  return true;
}

void HashEdit::unpack() {
  auto object = std::make_unique<HashObject>();
  view().for_each_stored([&](const Item& field, const Item& value, int64_t expire_at_ms) {
    char field_digits[24];
    char value_digits[24];
    object->set(make_key(field.text(field_digits)), value.text(value_digits), expire_at_ms);
  });
  expires_ = expires_ || object->expiring() > 0;
  collection_.become(std::move(object));
}

void HashEdit::finish(Args change, Event event) {
  const bool is_empty = view().size() == 0;
  collection_.finish(change, event, is_empty);
  if (is_empty || !(expires_ || drops_expiry_)) return;
  const int64_t at_ms = next_field_expiry_ms(collection_.entry());
  if (at_ms != kNoExpiry) {
    keyspace_.note_field_expiry(key_, at_ms);
  } else {
    keyspace_.forget_field_expiry(key_);
  }
}

}  // namespace rondo
