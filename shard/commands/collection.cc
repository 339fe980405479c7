#include "shard/commands/collection.h"

#include <utility>

#include "protocol/errors.h"

namespace rondo {

Error find_collection(Call& call, size_t index, Type type, Entry& entry) {
  entry = call.keyspace().find(call.key(index));
  if (entry && entry.type() != type) return errors::kWrongType;
  return {};
}

Error CollectionEdit::open() {
  object_ = nullptr;
  place_ = keyspace_.find_to_change(key_);
  if (!place_) return {};
  const Entry found = entry();
  if (found.kind() != EntryKind::kObject) {
    return found.type() == type_ ? Error() : Error(errors::kWrongType);
  }
  // Asked for once: the entry has to be taken apart to get at it.
  Object* object = found.object();
  if (object->type() != type_) return errors::kWrongType;
  object_ = object;
  footprint_ = object->footprint();
  return {};
}

void CollectionEdit::create(std::span<const PackedElement> elements) {
  CHECK(!exists());
  changed_ = true;
  created_ = true;
  place_ = keyspace_.create_packed(key_, type_, elements);
}

void CollectionEdit::create(std::string_view bytes) {
  CHECK(!exists());
  changed_ = true;
  created_ = true;
  place_ = keyspace_.create_packed(key_, bytes);
}

char* CollectionEdit::splice(size_t offset, size_t removed, size_t inserted) {
  changed_ = true;
  return keyspace_.splice_packed(place_, offset, removed, inserted);
}

void CollectionEdit::replace(std::string_view bytes) {
  char* value = splice(0, packed().end(), bytes.size());
  bytes.copy(value, bytes.size());
}

void CollectionEdit::splice(const PackedSplice& splice) {
  changed_ = true;
  keyspace_.edit_packed(place_, splice);
}

void CollectionEdit::repack(std::string_view bytes) {
  CHECK(!is_packed());
  changed_ = true;
  keyspace_.recount_object(footprint_, object_->footprint());
  object_ = nullptr;
  keyspace_.replace_object(key_, place_, bytes);
}

void CollectionEdit::become(std::unique_ptr<Object> object) {
  CHECK(object->type() == type_);
  changed_ = true;
  created_ = created_ || !exists();
  object_ = object.get();
  footprint_ = object->footprint();
  place_ = keyspace_.put_object(key_, place_, std::move(object));
}

void CollectionEdit::finish(Args change, Event event, bool is_empty) {
  CHECK(changed_);
  changed_ = false;
  if (object_ != nullptr) keyspace_.recount_object(footprint_, object_->footprint());
  if (is_empty) {
    event.then = &events::kDel;
    keyspace_.erase(key_, event);
  } else {
    keyspace_.note_change(key_, change, event, created_);
  }
}

}  // namespace rondo
