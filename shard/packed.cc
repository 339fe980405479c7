#include "shard/packed.h"

#include <bit>
#include <optional>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "shard/packed_integers.h"
#include "shard/packed_score.h"

namespace rondo {

namespace {

constexpr uint8_t kShortText = 0x80;
constexpr uint8_t kMediumText = 0xc0;
constexpr uint8_t kLongText = 0xd0;
constexpr uint8_t kInteger = 0xd0;  // Plus the number of bytes.
constexpr size_t kShortMax = 63;
constexpr size_t kMediumMax = 4095;
constexpr size_t kIntegerMax = 8;

// How few bytes keep `value`.
size_t integer_bytes(int64_t value) {
  size_t bytes = 1;
  for (int64_t rest = value >> 7; rest != 0 && rest != -1; rest >>= 8)
    ++bytes;
  return bytes;
}

int64_t read_integer_bytes(const char* at, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, at, bytes);
  const auto unused = static_cast<int>(64 - 8 * bytes);
  return static_cast<int64_t>(value << unused) >> unused;
}

char* write_back(char* at, size_t body) {
  const size_t digits = PackedElement::back_size(body);
  for (size_t i = digits; i-- > 0; body >>= 7) {
    at[i] = static_cast<char>((body & 0x7f) | (i > 0 ? 0x80 : 0));
  }
  return at + digits;
}

// The body that ends before the size which ends at `end`; `digits` is how many bytes the size has.
size_t read_back(const char* begin, const char* end, size_t& digits) {
  size_t body = 0;
  digits = 0;
  for (;;) {
    const auto byte = static_cast<uint8_t>(*--end);
    body |= size_t{byte & 0x7fu} << (7 * digits);
    ++digits;
    if (byte < 0x80 || end == begin || digits == 5) return body;
  }
}

// Bytes that the head of an element needs before its length is known.
size_t head_size(uint8_t head) {
  if (head < kMediumText) return 1;
  if (head < kLongText) return 2;
  return head == kLongText ? 5 : 1u + (head & 0x0fu);
}

}  // namespace

PackedElement::PackedElement(std::string_view text) : text_(text) {
  const std::optional<int64_t> number = parse_integer(text);
  if (number && *number >= 0 && *number < 0x80) {
    text_ = {};
    head_[0] = static_cast<char>(*number);
    head_size_ = 1;
  } else if (number) {
    text_ = {};
    const size_t bytes = integer_bytes(*number);
    head_[0] = static_cast<char>(kInteger + bytes);
    std::memcpy(head_ + 1, &*number, bytes);
    head_size_ = static_cast<uint8_t>(1 + bytes);
  } else if (text.size() <= kShortMax) {
    head_[0] = static_cast<char>(kShortText + text.size());
    head_size_ = 1;
  } else if (text.size() <= kMediumMax) {
    head_[0] = static_cast<char>(kMediumText + (text.size() >> 8));
    head_[1] = static_cast<char>(text.size() & 0xff);
    head_size_ = 2;
  } else {
    CHECK(text.size() <= UINT32_MAX);
    head_[0] = static_cast<char>(kLongText);
    const auto length = static_cast<uint32_t>(text.size());
    std::memcpy(head_ + 1, &length, sizeof(length));
    head_size_ = 5;
  }
}

char* PackedElement::write(char* at, Type type) const {
  std::memcpy(at, head_, head_size_);
  if (!text_.empty()) std::memcpy(at + head_size_, text_.data(), text_.size());
  at += body_size();
  return type == Type::kList ? write_back(at, body_size()) : at;
}

const char* PackedView::encoding() const {
  switch (form()) {
    case PackedForm::kIntegers:
      return "intset";
    case PackedForm::kExpiring:
      return "listpackex";
    case PackedForm::kElements:
      break;
  }
  return "listpack";
}

size_t PackedView::previous(size_t offset) const {
  DCHECK(type() == Type::kList);
  DCHECK(offset > begin());
  size_t digits = 0;
  const size_t body = read_back(bytes_.data(), bytes_.data() + offset, digits);
  return offset - digits - body;
}

size_t PackedView::seek(size_t index) const {
  const size_t elements = count();
  CHECK(index <= elements);
  if (type() != Type::kList || index <= elements / 2) {
    size_t offset = begin();
    while (index-- > 0)
      offset = next(offset);
    return offset;
  }
  size_t offset = end();
  while (index++ < elements)
    offset = previous(offset);
  return offset;
}

Item PackedView::at(size_t offset) const {
  const char* element = bytes_.data() + offset;
  const auto head = static_cast<uint8_t>(*element);
  if (head < kShortText) return {nullptr, 0, head};
  if (head > kInteger) {
    return {nullptr, 0, read_integer_bytes(element + 1, head & 0x0fu)};
  }
  const size_t before = head_size(head);
  return {element + before, body_size(element) - before, 0};
}

const char* PackedElement::search(const char* at, const char* end) const {
  const size_t size = body_size();
#if defined(__AVX2__)
  // 32 places at once: those whose first and last bytes are right are few.
  const __m256i first = _mm256_set1_epi8(head_[0]);
  const __m256i last = _mm256_set1_epi8(last_byte());
  for (; static_cast<size_t>(end - at) >= size + 31; at += 32) {
    const __m256i begins = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i ends = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + size - 1));
    const __m256i both =
        _mm256_and_si256(_mm256_cmpeq_epi8(begins, first), _mm256_cmpeq_epi8(ends, last));
    auto places = static_cast<uint32_t>(_mm256_movemask_epi8(both));
    for (; places != 0; places &= places - 1) {
      const char* place = at + std::countr_zero(places);
      if (has_bytes(place)) return place;
    }
  }
#endif
  for (; static_cast<size_t>(end - at) >= size; ++at) {
    if (equals(at)) return at;
  }
  return nullptr;
}

size_t PackedView::find(const PackedElement& wanted, size_t from, size_t stride) const {
  // What is short, or may stand everywhere, is not worth a search of its own.
  constexpr size_t kSearchedMin = 160;
  constexpr size_t kWantedMin = 4;
  if (end() - from < kSearchedMin || wanted.body_size() < kWantedMin) {
    return find_walking(wanted, from, stride);
  }
  return find_searching(wanted, from, stride);
}

// Looks for the bytes first, which is quicker than to go from element to element; then whether an
// element begins where they stand.
size_t PackedView::find_searching(const PackedElement& wanted, size_t from, size_t stride) const {
  const char* place = bytes_.data() + from;
  size_t offset = from;
  for (;;) {
    place = wanted.search(place, bytes_.data() + end());
    if (place == nullptr) return end();
    const auto found = static_cast<size_t>(place - bytes_.data());
    while (offset < found) {
      for (size_t i = 0; i < stride && offset < end(); ++i)
        offset = next(offset);
    }
    if (offset == found) return offset;
    ++place;
  }
}

size_t PackedView::find_walking(const PackedElement& wanted, size_t from, size_t stride) const {
  for (size_t offset = from; offset < end();) {
    if (wanted.equals(bytes_.data() + offset)) return offset;
    for (size_t i = 0; i < stride && offset < end(); ++i)
      offset = next(offset);
  }
  return end();
}

bool PackedView::is_sound(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return false;
  const PackedView view(bytes);
  if (view.type() == Type::kString || view.type() > Type::kHash) return false;
  if (view.form() == PackedForm::kIntegers) return PackedIntegers::is_sound(bytes);
  const bool expiring = view.form() == PackedForm::kExpiring;
  if (view.form() != PackedForm::kElements && !expiring) return false;
  if (expiring && view.type() != Type::kHash) return false;
  const bool is_paired = view.type() == Type::kHash || view.type() == Type::kZset;
  const size_t stride = expiring ? 3 : is_paired ? 2 : 1;
  size_t elements = 0;
  for (size_t offset = kHeaderBytes; offset < bytes.size(); ++elements) {
    const size_t left = bytes.size() - offset;
    const auto head = static_cast<uint8_t>(bytes[offset]);
    if (head > kInteger + kIntegerMax || head_size(head) > left) return false;
    const size_t body = body_size(bytes.data() + offset);
    if (body > left) return false;
    // Written anew, the element must give the same bytes: its form is the canonical one, and so is
    // the size behind it, if there is one.
    char scratch[24];
    const Item item = view.at(offset);
    if (expiring && elements % 3 == 2 && (!item.is_integer() || item.number < 0)) return false;
    const PackedElement again(item.text(scratch));
    if (again.body_size() != body || !again.equals(bytes.data() + offset)) return false;
    offset += body;
    if (view.type() != Type::kList) continue;
    char back[8];
    const auto digits = static_cast<size_t>(write_back(back, body) - back);
    if (bytes.substr(offset, digits) != std::string_view(back, digits)) return false;
    offset += digits;
  }
  if (elements % stride != 0) return false;
  if (view.type() == Type::kZset && !PackedScore::are_in_order(view)) return false;
  return elements == view.count() && elements > 0;
}

void PackedView::write_header(char* at, Type type, PackedForm form, size_t count) {
  *at = static_cast<char>(static_cast<unsigned>(type) | static_cast<unsigned>(form) << 4);
  set_count(at, count);
}

void PackedView::set_count(char* value, size_t count) {
  CHECK(count <= kCountMax);
  const auto narrow = static_cast<uint16_t>(count);
  std::memcpy(value + 1, &narrow, sizeof(narrow));
}

std::string pack(Type type, std::span<const PackedElement> elements, PackedForm form) {
  size_t size = PackedView::kHeaderBytes;
  for (const PackedElement& element : elements)
    size += element.size(type);
  std::string bytes(size, '\0');
  PackedView::write_header(bytes.data(), type, form, elements.size());
  char* at = bytes.data() + PackedView::kHeaderBytes;
  for (const PackedElement& element : elements)
    at = element.write(at, type);
  return bytes;
}

}  // namespace rondo
