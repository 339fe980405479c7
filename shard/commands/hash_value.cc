#include "shard/commands/hash_value.h"

#include <memory>
#include <utility>
#include <vector>

namespace rondo {

size_t HashView::size() const {
  if (!entry_) return 0;
  return is_packed() ? packed().count() / 2 : object().size();
}

bool HashView::get(std::string_view field, Item& value) const {
  if (!entry_) return false;
  if (is_packed()) {
    const PackedView elements = packed();
    const size_t at = elements.find(PackedElement(field), elements.begin(), 2);
    if (at == elements.end()) return false;
    value = elements.at(elements.next(at));
    return true;
  }
  const Entry found = object().find(make_key(field));
  if (!found) return false;
  value = Item::of(HashObject::value(found));
  return true;
}

HashEdit::HashEdit(Call& call)
    : collection_(call.keyspace(), call.key(1), Type::kHash), limits_(call.shard().limits().hash) {}

bool HashEdit::set(std::string_view field, std::string_view value) {
  const bool packs = may_pack(field) && may_pack(value);
  if (!collection_.exists()) {
    if (packs && limits_.entries_max > 0) {
      const PackedElement pair[] = {field, value};
      collection_.create(pair);
      return true;
    }
    collection_.become(std::make_unique<HashObject>());
  }
  if (collection_.is_packed()) {
    if (packs) return set_packed(field, value);
    unpack();
  }
  return object().set(make_key(field), value);
}

bool HashEdit::set_packed(std::string_view field, std::string_view value) {
  const PackedView elements = collection_.packed();
  const PackedElement pair[] = {field, value};
  const size_t at = elements.find(pair[0], elements.begin(), 2);
  if (at != elements.end()) {
    const size_t value_at = elements.next(at);
    collection_.splice({value_at, elements.next(value_at) - value_at, 1, {pair + 1, 1}});
    return false;
  }
  if (static_cast<int64_t>(elements.count() / 2) >= limits_.entries_max ||
      elements.count() + 2 > PackedView::kCountMax || elements.end() > PackedView::kBytesMax) {
    unpack();
    return object().set(make_key(field), value);
  }
  collection_.splice({elements.end(), 0, 0, pair});
  return true;
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
    return view().object().find(key) && object().erase(key);
  }
  const PackedView elements = collection_.packed();
  const size_t at = elements.find(PackedElement(field), elements.begin(), 2);
  if (at == elements.end()) return false;
  const size_t end = elements.next(elements.next(at));
  collection_.splice({at, end - at, 2, {}});
  return true;
}

void HashEdit::unpack() {
  auto object = std::make_unique<HashObject>();
  view().for_each([&](const Item& field, const Item& value) {
    char field_digits[24];
    char value_digits[24];
    object->set(make_key(field.text(field_digits)), value.text(value_digits));
  });
  collection_.become(std::move(object));
}

void HashEdit::finish(Args change, Event event) {
  collection_.finish(change, event, view().size() == 0);
}

}  // namespace rondo
