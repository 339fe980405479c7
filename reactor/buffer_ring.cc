#include "reactor/buffer_ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "reactor/ring.h"

namespace rondo {

namespace {

void* map(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

BufferRing::BufferRing(const BufferRingOptions& options)
    : count_(std::bit_ceil(options.count)), size_(options.size) {
  CHECK(options.count > 0 && options.count <= 32768);
  CHECK(options.size > 0);
}

Result<std::unique_ptr<BufferRing>> BufferRing::create(Ring& ring,
                                                       const BufferRingOptions& options) {
  std::unique_ptr<BufferRing> buffers(new BufferRing(options));
  buffers->entries_bytes_ = buffers->count_ * sizeof(io_uring_buf);
  buffers->entries_ = static_cast<io_uring_buf_ring*>(map(buffers->entries_bytes_));
  buffers->memory_bytes_ = buffers->count_ * buffers->stride();
  buffers->memory_ = static_cast<char*>(map(buffers->memory_bytes_));
  if (buffers->entries_ == nullptr || buffers->memory_ == nullptr) {
    return Failure::from_errno("receive buffers can not be mapped", errno);
  }
  io_uring_buf_ring_init(buffers->entries_);
  buffers->provide(std::min(kFirst, buffers->count_));

  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(buffers->entries_);
  registration.ring_entries = buffers->count_;
  registration.bgid = kGroup;
  const int error = -io_uring_register_buf_ring(ring.raw(), &registration, 0);
  if (error != 0) {
    return Failure::from_errno("io_uring refuses the receive buffers (Linux 5.19 has them)", error);
  }
  return buffers;
}

BufferRing::~BufferRing() {
  if (entries_ != nullptr) munmap(entries_, entries_bytes_);
  if (memory_ != nullptr) munmap(memory_, memory_bytes_);
}

void BufferRing::recycle(unsigned id) {
  CHECK(id < provided_);
  io_uring_buf_ring_add(entries_, at(id), size_, static_cast<unsigned short>(id),
                        static_cast<int>(count_ - 1), 0);
  io_uring_buf_ring_advance(entries_, 1);
}

void BufferRing::provide(unsigned count) {
  const unsigned first = provided_;
  provided_ = count;
  taken_ = 0;
  for (unsigned id = first; id < count; ++id)
    recycle(id);
}

// Receives that found nothing before the ring became larger say so when it is; then the kernel has
// not taken all of it since.
void BufferRing::note_shortage() {
  if (taken_ >= provided_) provide(std::min(provided_ * 2, count_));
}

}  // namespace rondo
