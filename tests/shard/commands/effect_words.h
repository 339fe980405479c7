// EffectWords: what listeners of a shard heard, as words: events, then the command that repeats
// the change.
#pragma once

#include <string>
#include <utility>

#include "shard/effect.h"
#include "shard/shard.h"

namespace rondo {

class EffectWords final : public EffectSink {
 public:
  explicit EffectWords(Shard& shard) : shard_(shard) { shard_.add_sink(this); }
  ~EffectWords() { shard_.remove_sink(this); }
  void on_effect(const Effect& effect) override {
    for (const Event* event = &effect.event; event != nullptr; event = event->then)
      text += std::string(event->name) + " ";
    for (const std::string_view word : effect.change)
      text += std::string(word) + " ";
  }
  // What was heard since the last call.
  std::string take() { return std::exchange(text, {}); }

  std::string text;

 private:
  Shard& shard_;
};

}  // namespace rondo
