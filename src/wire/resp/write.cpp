// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/write.hpp"

namespace pawl::wire::resp {

void Writer::simple(std::string_view text) const {
  out_ += '+';
  line(text);
}

void Writer::integer(std::int64_t number) const { header(':', number); }

void Writer::bulk(std::string_view bytes) const {
  header('$', static_cast<std::int64_t>(bytes.size()));
  out_.append(bytes) += "\r\n";
}

void Writer::null() const { out_ += version_ == Version::two ? "$-1\r\n" : "_\r\n"; }

void Writer::array(std::size_t size) const { header('*', static_cast<std::int64_t>(size)); }

void Writer::map(std::size_t pairs) const {
  if (version_ == Version::two) return array(2 * pairs);
  header('%', static_cast<std::int64_t>(pairs));
}

void Writer::error(std::string_view code, std::string_view text) const {
  out_ += '-';
  out_ += code;
  if (!text.empty()) out_ += ' ';
  line(text);
}

void Writer::header(char mark, std::int64_t number) const {
  out_ += mark;
  out_.append(std::to_string(number)) += "\r\n";
}

void Writer::line(std::string_view text) const {
  for (const char c : text) out_ += c == '\r' || c == '\n' ? ' ' : c;
  out_ += "\r\n";
}

}  // namespace pawl::wire::resp
