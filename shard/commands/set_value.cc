#include "shard/commands/set_value.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace rondo {

SetView::SetView(const Entry& entry) {
  if (!entry) return;
  if (entry.is_packed()) {
    packed_ = entry.packed();
  } else {
    object_ = static_cast<const SetObject*>(entry.object());
  }
}

SetView::SetView(const DetachedValue& value) {
  if (const auto* packed = std::get_if<DetachedValue::Packed>(&value.value())) {
    packed_ = packed->bytes;
  } else {
    object_ = static_cast<const SetObject*>(std::get<std::unique_ptr<Object>>(value.value()).get());
  }
}

size_t SetView::size() const {
  if (object_ != nullptr) return object_->size();
  return packed_.empty() ? 0 : PackedView(packed_).count();
}

bool SetView::contains(std::string_view member) const {
  if (object_ != nullptr) return object_->contains(make_key(member));
  if (packed_.empty()) return false;
  if (is_integers()) {
    const std::optional<int64_t> value = parse_integer(member);
    return value && integers().contains(*value);
  }
  const PackedView all = elements();
  return all.find(PackedElement(member), all.begin(), 1) != all.end();
}

bool SetView::contains(const Item& member) const {
  if (member.is_integer() && is_integers()) return integers().contains(member.number);
  char digits[24];
  return contains(member.text(digits));
}

Item SetView::random(Prng& prng, char (&scratch)[8]) const {
  if (object_ != nullptr) return SetObject::item(object_->random(prng), scratch);
  const size_t index = prng.below(size());
  if (is_integers()) return {nullptr, 0, integers().at(index)};
  const PackedView all = elements();
  return all.at(all.seek(index));
}

// Whether `member` may be in a packed set of `count` others.
bool SetEdit::may_pack(std::string_view member, size_t count) const {
  return static_cast<int64_t>(count) < limits_.set.entries_max && count < PackedView::kCountMax &&
         static_cast<int64_t>(member.size()) <= limits_.set.value_bytes_max;
}

bool SetEdit::add(std::string_view member, size_t expected) {
  if (!collection_.exists()) {
    create(member, expected);
    return true;
  }
  if (!collection_.is_packed()) return insert(member);
  if (is_integers()) {
    if (const std::optional<int64_t> value = parse_integer(member)) return add_integer(*value);
    if (may_pack(member, collection_.packed().count())) {
      become_elements();
      return add_element(member);
    }
    become_object();
    return insert(member);
  }
  return add_element(member);
}

bool SetEdit::insert(std::string_view member) {
  return collection_.try_change(
      [&](Object& object) { return static_cast<SetObject&>(object).insert(make_key(member)); });
}

void SetEdit::create(std::string_view member, size_t expected) {
  const auto count = static_cast<int64_t>(std::min(expected, PackedView::kCountMax));
  const std::optional<int64_t> value = parse_integer(member);
  if (value && count <= limits_.set_integers_max) {
    collection_.create(pack_integers({*value}));
  } else if (count <= limits_.set.entries_max && may_pack(member, 0)) {
    const PackedElement element(member);
    collection_.create({&element, 1});
  } else {
    collection_.become(std::make_unique<SetObject>());
    insert(member);
  }
}

bool SetEdit::add_integer(int64_t value) {
  const PackedIntegers all(collection_.packed().bytes());
  const size_t count = all.count();
  const size_t index = all.lower_bound(value);
  if (index < count && all.at(index) == value) return false;
  if (static_cast<int64_t>(count) >= limits_.set_integers_max || count == PackedView::kCountMax) {
    become_object();
    char digits[24];
    return insert({digits, format_integer(value, digits)});
  }
  const size_t width = all.width();
  const size_t wider = std::max(width, PackedIntegers::width_of(value));
  const size_t offset = PackedView::kHeaderBytes + index * wider;
  char* bytes;
  if (wider == width) {
    bytes = collection_.splice(offset, 0, width);
  } else {
    // Beyond what the others need, it is the first or the last.
    bytes = collection_.splice(all.offset(count), 0, (count + 1) * wider - count * width);
    PackedIntegers::widen(bytes, count, width, wider, index == 0 ? 1 : 0);
  }
  PackedIntegers::write(bytes + offset, wider, value);
  PackedView::set_count(bytes, count + 1);
  return true;
}

bool SetEdit::add_element(std::string_view member) {
  const PackedView all = collection_.packed();
  const PackedElement element(member);
  if (all.find(element, all.begin(), 1) != all.end()) return false;
  if (!may_pack(member, all.count()) || all.end() > PackedView::kBytesMax) {
    become_object();
    return insert(member);
  }
  collection_.splice({all.end(), 0, 0, {&element, 1}});
  return true;
}

bool SetEdit::erase(std::string_view member) {
  if (!collection_.exists()) return false;
  if (collection_.is_packed()) return is_integers() ? erase_integer(member) : erase_element(member);
  return collection_.try_change(
      [&](Object& object) { return static_cast<SetObject&>(object).erase(make_key(member)); });
}

bool SetEdit::erase_integer(std::string_view member) {
  const std::optional<int64_t> value = parse_integer(member);
  if (!value) return false;
  const PackedIntegers all(collection_.packed().bytes());
  const size_t count = all.count();
  const size_t index = all.lower_bound(*value);
  if (index == count || all.at(index) != *value) return false;
  char* bytes = collection_.splice(all.offset(index), all.width(), 0);
  PackedView::set_count(bytes, count - 1);
  return true;
}

bool SetEdit::erase_element(std::string_view member) {
  const PackedView all = collection_.packed();
  const size_t at = all.find(PackedElement(member), all.begin(), 1);
  if (at == all.end()) return false;
  collection_.splice({at, all.next(at) - at, 1, {}});
  return true;
}

void SetEdit::become_elements() {
  std::vector<PackedElement> elements;
  elements.reserve(view().size());
  view().for_each([&](const Item& member) {
    char digits[24];
    elements.emplace_back(member.text(digits));  // An integer's digits need not stay.
  });
  collection_.replace(pack(Type::kSet, elements));
}

void SetEdit::become_object() {
  auto object = std::make_unique<SetObject>();
  view().for_each([&](const Item& member) {
    char digits[24];
    object->insert(make_key(member.text(digits)));
  });
  collection_.become(std::move(object));
}

void SetEdit::finish(Args change, Event event) {
  collection_.finish(change, event, view().size() == 0);
}

}  // namespace rondo
