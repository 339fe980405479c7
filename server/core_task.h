// CoreTask: work that every core does for one of them: INFO, CLIENT LIST, CONFIG SET.
#pragma once

namespace rondo {

class Core;

// run() is called once on each core, on that core's thread, and must write only what belongs to
// that core (an element of a vector, say); finish() is called last, on the core that started it,
// and the task is deleted. On a core whose shard is parked, run() waits until the park ends.
class CoreTask {
 public:
  virtual ~CoreTask() = default;
  virtual void run(Core& core) = 0;
  virtual void finish(Core& home) = 0;

 private:
  friend class Core;
  int outstanding_ = 0;
};

}  // namespace rondo
