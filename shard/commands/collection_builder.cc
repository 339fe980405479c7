#include "shard/commands/collection_builder.h"

#include <utility>

#include "shard/key.h"
#include "shard/list_node.h"
#include "shard/packed.h"

namespace rondo {
namespace {

// What an element takes beside its text at the most.
constexpr size_t kOverheadMax = 10;

DetachedValue packed_value(Type type, const std::vector<std::string>& texts) {
  const std::vector<PackedElement> elements(texts.begin(), texts.end());
  return {DetachedValue::Packed{pack(type, elements)}, kNoExpiry};
}

}  // namespace

bool HashBuilder::set(std::string_view field, std::string_view value, int64_t expire_at_ms) {
  const bool is_new = object_->set(make_key(field), value, expire_at_ms);
  if (!packs_) return is_new;
  const auto longest = static_cast<int64_t>(std::max(field.size(), value.size()));
  const size_t fields = texts_.size() / 2 + 1;
  bytes_ += field.size() + value.size() + 3 * kOverheadMax;
  packs_ = longest <= limits_.value_bytes_max &&
           static_cast<int64_t>(fields) <= limits_.entries_max &&
           3 * fields <= PackedView::kCountMax && bytes_ <= PackedView::kBytesMax;
  if (packs_) {
    texts_.emplace_back(field);
    texts_.emplace_back(value);
    expiries_.push_back(expire_at_ms);
  } else {
    texts_ = {};
    expiries_ = {};
  }
  return is_new;
}

DetachedValue HashBuilder::finish() {
  CHECK(object_->size() > 0);
  if (!packs_) return {std::move(object_), kNoExpiry};
  CHECK(texts_.size() == 2 * object_->size());
  if (object_->expiring() == 0) return packed_value(Type::kHash, texts_);
  std::vector<PackedElement> elements;
  elements.reserve(3 * expiries_.size());
  for (size_t i = 0; i < expiries_.size(); ++i) {
    elements.emplace_back(texts_[2 * i]);
    elements.emplace_back(texts_[2 * i + 1]);
    elements.push_back(PackedElement::of(std::max<int64_t>(expiries_[i], 0)));
  }
  return {DetachedValue::Packed{pack(Type::kHash, elements, PackedForm::kExpiring)}, kNoExpiry};
}

bool ListBuilder::push(std::string_view element) {
  if (element.size() > ListNode::kElementBytesMax) return false;
  if (!object_) {
    bytes_ += element.size();
    const size_t count = texts_.size() + 1;
    const bool packs = limits_.admit(PackedView::kHeaderBytes + bytes_, count) &&
                       count <= PackedView::kCountMax &&
                       bytes_ + count * kOverheadMax <= PackedView::kBytesMax;
    if (packs) {
      texts_.emplace_back(element);
      return true;
    }
    object_ = std::make_unique<ListObject>(limits_);
    for (const std::string& text : std::exchange(texts_, {}))
      object_->push(ListEnd::kRight, std::string_view(text));
  }
  object_->push(ListEnd::kRight, element);
  return true;
}

DetachedValue ListBuilder::finish() {
  if (!object_) {
    CHECK(!texts_.empty());
    return packed_value(Type::kList, texts_);
  }
  return {std::move(object_), kNoExpiry};
}

}  // namespace rondo
