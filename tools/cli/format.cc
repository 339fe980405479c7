#include "tools/cli/format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "protocol/quote.h"

namespace rondo::cli {
namespace {

using Type = RespValue::Type;

std::string_view empty_name(Type type) {
  if (type == Type::kMap) return "(empty hash)";
  if (type == Type::kSet) return "(empty set)";
  if (type == Type::kPush) return "(empty push)";
  return "(empty array)";
}

char index_mark(Type type) {
  if (type == Type::kMap) return '#';
  if (type == Type::kSet) return '~';
  return ')';
}

// Writes values with types and numbers. `indent` is how far the lines of a nested aggregate that
// follow its first one stand from the left.
class ReadableWriter {
 public:
  std::string write(const RespValue& value) {
    append(value, 0);
    return std::move(out_);
  }

 private:
  void append(const RespValue& value, size_t indent) {
    switch (value.type) {
      case Type::kNull:
        out_ += "(nil)";
        break;
      case Type::kSimple:
        out_ += value.text;
        break;
      case Type::kError:
        out_ += "(error) " + value.text;
        break;
      case Type::kInteger:
        out_ += "(integer) " + std::to_string(value.integer);
        break;
      case Type::kBulk:
        append_quoted(out_, value.text);
        break;
      case Type::kDouble:
        out_ += "(double) " + value.text;
        break;
      case Type::kBoolean:
        out_ += value.integer ? "(true)" : "(false)";
        break;
      case Type::kBigNumber:
        out_ += "(big number) " + value.text;
        break;
      case Type::kVerbatim:
        out_ += value.text;
        break;
      case Type::kArray:
      case Type::kSet:
      case Type::kMap:
      case Type::kPush:
        append_aggregate(value, indent);
        break;
    }
  }

  void append_aggregate(const RespValue& value, size_t indent) {
    if (value.elements.empty()) {
      out_ += empty_name(value.type);
      return;
    }
    const size_t step = value.type == Type::kMap ? 2 : 1;
    const size_t count = value.elements.size() / step;
    const size_t width = std::to_string(count).size();
    const size_t nested_indent = indent + width + 2;
    for (size_t index = 0; index < count; ++index) {
      if (index > 0) out_.append(1, '\n').append(indent, ' ');
      const std::string number = std::to_string(index + 1);
      out_.append(width - number.size(), ' ').append(number);
      out_.append(1, index_mark(value.type)).append(1, ' ');
      append(value.elements[index * step], nested_indent);
      if (step == 2) append_map_value(value.elements[index * 2 + 1], nested_indent);
    }
  }

  // An aggregate of more than one line starts on a line of its own.
  void append_map_value(const RespValue& value, size_t indent) {
    out_ += " => ";
    const size_t start = out_.size();
    append(value, indent);
    if (value.is_aggregate() && out_.find('\n', start) != std::string::npos) {
      out_.insert(start, "\n" + std::string(indent, ' '));
    }
  }

  std::string out_;
};

void append_raw(std::string& out, const RespValue& value, const std::string& delimiter) {
  switch (value.type) {
    case Type::kNull:
      return;
    case Type::kInteger:
      out += std::to_string(value.integer);
      return;
    case Type::kBoolean:
      out += value.integer ? "(true)" : "(false)";
      return;
    case Type::kError:
      out += value.text + '\n';
      return;
    case Type::kSimple:
    case Type::kBulk:
    case Type::kDouble:
    case Type::kBigNumber:
    case Type::kVerbatim:
      out += value.text;
      return;
    case Type::kArray:
    case Type::kSet:
    case Type::kMap:
    case Type::kPush:
      break;
  }
  for (size_t index = 0; index < value.elements.size(); ++index) {
    const bool is_map_value = value.type == Type::kMap && index % 2 == 1;
    if (is_map_value) out += ' ';
    if (index > 0 && !is_map_value) out += delimiter;
    append_raw(out, value.elements[index], delimiter);
  }
}

void append_csv(std::string& out, const RespValue& value) {
  switch (value.type) {
    case Type::kNull:
      out += "NULL";
      return;
    case Type::kInteger:
      out += std::to_string(value.integer);
      return;
    case Type::kBoolean:
      out += value.integer ? "true" : "false";
      return;
    case Type::kDouble:
      out += value.text;
      return;
    case Type::kError:
      out += "ERROR,";
      append_quoted(out, value.text);
      return;
    case Type::kSimple:
    case Type::kBulk:
    case Type::kBigNumber:
    case Type::kVerbatim:
      append_quoted(out, value.text);
      return;
    case Type::kArray:
    case Type::kSet:
    case Type::kMap:
    case Type::kPush:
      break;
  }
  for (size_t index = 0; index < value.elements.size(); ++index) {
    if (index > 0) out += ',';
    append_csv(out, value.elements[index]);
  }
}

// The bytes of one UTF-8 sequence at the front of `text` and its code point, or 0 bytes when the
// text there is not UTF-8 (RFC 3629: no overlong forms, no surrogates).
size_t decode_utf8(std::string_view text, uint32_t& code_point) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  size_t size = 0;
  uint32_t smallest = 0;
  if (lead < 0x80) {
    code_point = lead;
    return 1;
  } else if ((lead & 0xe0) == 0xc0) {
    size = 2, code_point = lead & 0x1f, smallest = 0x80;
  } else if ((lead & 0xf0) == 0xe0) {
    size = 3, code_point = lead & 0x0f, smallest = 0x800;
  } else if ((lead & 0xf8) == 0xf0) {
    size = 4, code_point = lead & 0x07, smallest = 0x10000;
  }
  if (size == 0 || text.size() < size) return 0;
  for (size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
    code_point = code_point << 6 | (byte(at) & 0x3f);
  }
  const bool is_surrogate = code_point >= 0xd800 && code_point < 0xe000;
  return code_point < smallest || code_point > 0x10ffff || is_surrogate ? 0 : size;
}

void append_unicode_escape(std::string& out, uint32_t unit) {
  char escape[8];
  std::snprintf(escape, sizeof(escape), "\\u%04x", unit & 0xffff);
  out += escape;
}

void append_escaped_code_point(std::string& out, uint32_t code_point) {
  if (code_point >= 0x10000) {  // JSON has UTF-16: a surrogate pair.
    append_unicode_escape(out, 0xd800 + ((code_point - 0x10000) >> 10));
    append_unicode_escape(out, 0xdc00 + ((code_point - 0x10000) & 0x3ff));
  } else {
    append_unicode_escape(out, code_point);
  }
}

void append_json_string(std::string& out, std::string_view text, bool ascii) {
  out += '"';
  while (!text.empty()) {
    uint32_t code_point = 0;
    size_t size = decode_utf8(text, code_point);
    const char c = text[0];
    if (size == 0) {  // A byte that is no text: shown as the code point of its value.
      append_unicode_escape(out, static_cast<unsigned char>(c));
      size = 1;
    } else if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\b') {
      out += "\\b";
    } else if (c == '\f') {
      out += "\\f";
    } else if (code_point < 0x20 || code_point == 0x7f || (ascii && code_point > 0x7f)) {
      append_escaped_code_point(out, code_point);
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  out += '"';
}

void append_json(std::string& out, const RespValue& value, bool ascii);

// A key of an object has to be a string.
void append_json_key(std::string& out, const RespValue& key, bool ascii) {
  std::string text;
  append_json(text, key, ascii);
  if (text.starts_with('"')) {
    out += text;
  } else {
    append_json_string(out, text, ascii);
  }
}

void append_json(std::string& out, const RespValue& value, bool ascii) {
  switch (value.type) {
    case Type::kNull:
      out += "null";
      return;
    case Type::kInteger:
      out += std::to_string(value.integer);
      return;
    case Type::kBoolean:
      out += value.integer ? "true" : "false";
      return;
    case Type::kDouble:
      // JSON has no infinities.
      if (std::isfinite(value.real))
        out += value.text;
      else
        append_json_string(out, value.text, ascii);
      return;
    case Type::kError:
      out += "error:";
      append_json_string(out, value.text, ascii);
      return;
    case Type::kSimple:
    case Type::kBulk:
    case Type::kBigNumber:
    case Type::kVerbatim:
      append_json_string(out, value.text, ascii);
      return;
    case Type::kArray:
    case Type::kSet:
    case Type::kMap:
    case Type::kPush:
      break;
  }
  const bool is_map = value.type == Type::kMap;
  out += is_map ? '{' : '[';
  for (size_t index = 0; index < value.elements.size(); ++index) {
    const bool is_key = is_map && index % 2 == 0;
    const bool is_map_value = is_map && index % 2 == 1;
    if (index > 0) out += is_map_value ? ':' : ',';
    if (is_key) {
      append_json_key(out, value.elements[index], ascii);
    } else {
      append_json(out, value.elements[index], ascii);
    }
  }
  out += is_map ? '}' : ']';
}

}  // namespace

std::string format_readable(const RespValue& value) {
  return ReadableWriter().write(value);
}

std::string format_raw(const RespValue& value, const std::string& delimiter) {
  std::string out;
  append_raw(out, value, delimiter);
  return out;
}

std::string format_csv(const RespValue& value) {
  std::string out;
  append_csv(out, value);
  return out;
}

std::string format_json(const RespValue& value, bool ascii) {
  std::string out;
  append_json(out, value, ascii);
  return out;
}

}  // namespace rondo::cli
