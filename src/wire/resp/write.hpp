// SPDX-License-Identifier: Apache-2.0
//
// Answers as RESP bytes, appended. The two versions differ in how nothing and a map are written,
// and for what is said here in nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::wire::resp {

enum class Version : std::uint8_t { two = 2, three = 3 };

class Writer {
 public:
  Writer(std::string& out, Version version) : out_(out), version_(version) {}

  void simple(std::string_view text) const;  // +OK
  void integer(std::int64_t number) const;
  void bulk(std::string_view bytes) const;
  void null() const;
  void array(std::size_t size) const;
  void map(std::size_t pairs) const;
  // `code` is the word clients look at: ERR, NOSCRIPT. Line ends in `text` become blanks.
  void error(std::string_view code, std::string_view text) const;

 private:
  void header(char mark, std::int64_t number) const;
  void line(std::string_view text) const;

  std::string& out_;
  Version version_;
};

}  // namespace pawl::wire::resp
