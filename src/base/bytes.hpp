// SPDX-License-Identifier: Apache-2.0
//
// Values to bytes and back: little-endian base-128 numbers, texts with their length in front. A
// reader never passes the end; once anything was wrong, `ok()` is false and all that follows reads
// as empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace pawl {

// The longest number's bytes.
inline constexpr std::size_t most_number_bytes = 10;

// Writes a number to `at` and says where it ends.
inline char* put_number(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void number(std::uint64_t value) {
    char bytes[most_number_bytes];
    out_.append(bytes, put_number(bytes, value));
  }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }

 private:
  std::string& out_;
};

// The same, for what is written all the time: gathers before it appends. What was written stands in
// `out` once the writer is gone.
class GatheringByteWriter {
 public:
  explicit GatheringByteWriter(std::string& out) : out_(out) {}
  GatheringByteWriter(const GatheringByteWriter&) = delete;
  GatheringByteWriter& operator=(const GatheringByteWriter&) = delete;
  ~GatheringByteWriter() { append_gathered(); }

  void byte(std::uint8_t value) {
    make_room(1);
    *end_++ = static_cast<char>(value);
  }
  void number(std::uint64_t value) {
    make_room(most_number_bytes);
    end_ = put_number(end_, value);
  }
  void text(std::string_view value) {
    number(value.size());
    if (value.size() > sizeof gathered_) {
      append_gathered();
      out_.append(value);
      return;
    }
    make_room(value.size());
    end_ = std::copy(value.begin(), value.end(), end_);
  }

 private:
  void make_room(std::size_t size) {
    if (size > static_cast<std::size_t>(std::end(gathered_) - end_)) append_gathered();
  }
  void append_gathered() {
    out_.append(gathered_, end_);
    end_ = gathered_;
  }

  std::string& out_;
  char gathered_[256];
  char* end_ = gathered_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint8_t byte() {
    if (rest_.empty()) return fail();
    auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  [[nodiscard]] std::uint64_t number() {
    if (!rest_.empty() && static_cast<std::uint8_t>(rest_.front()) < 0x80) return byte();
    return long_number();
  }
  // A number that must fit in 32 bits.
  [[nodiscard]] std::uint32_t number32() {
    std::uint64_t value = number();
    return value <= 0xFFFF'FFFF ? static_cast<std::uint32_t>(value) : fail();
  }
  [[nodiscard]] std::string_view text() {
    std::uint64_t size = number();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  void refuse() { static_cast<void>(fail()); }

 private:
  std::uint64_t long_number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      std::uint8_t next = byte();
      if (shift == 63 && next > 1) break;
      value |= std::uint64_t{next & 0x7Fu} << shift;
      if ((next & 0x80u) == 0) return ok_ ? value : 0;
    }
    return fail();
  }
  std::uint8_t fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace pawl
