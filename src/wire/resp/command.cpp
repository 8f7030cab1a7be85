// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/command.hpp"

#include <algorithm>
#include <optional>

#include "wire/values.hpp"

namespace pawl::wire::resp {
namespace {

// Every length of a command fits in so many digits: one that has more is none.
constexpr std::size_t longest_header = 12;
constexpr std::uint64_t longest_argument = 1'048'576;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] Taken fault() const { return fault_; }

  // "<mark><number>\r\n". Nothing: fault() says why.
  std::optional<std::uint64_t> header(char mark, std::uint64_t most, std::string_view problem) {
    const std::string_view rest = bytes_.substr(at_);
    if (!rest.empty() && rest.front() != mark) return broken(problem);
    const std::size_t end = rest.find('\n');
    if (std::min(end, rest.size()) > longest_header) return broken(problem);
    if (end == rest.npos) return std::nullopt;
    if (end < 2 || rest[end - 1] != '\r') return broken(problem);
    const auto number = parse_integer(rest.substr(1, end - 2));
    if (!number || *number > most) return broken(problem);
    at_ += end + 1;
    return number;
  }

  // So many bytes and a line end.
  std::optional<std::string_view> bulk(std::size_t size) {
    const std::string_view rest = bytes_.substr(at_);
    if (rest.size() < size + 2) return std::nullopt;
    if (rest.substr(size, 2) != "\r\n") {
      broken("a bulk string ends with CR LF");
      return std::nullopt;
    }
    at_ += size + 2;
    return rest.substr(0, size);
  }

 private:
  std::nullopt_t broken(std::string_view problem) {
    fault_ = {Progress::broken, 0, problem};
    return std::nullopt;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  Taken fault_;
};

}  // namespace

Taken take_command(std::string_view bytes, std::vector<std::string_view>& arguments) {
  arguments.clear();
  Reader reader(bytes);
  const auto count = reader.header('*', most_arguments, "expected '*' and at most 1024 arguments");
  if (!count) return reader.fault();
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto size = reader.header('$', longest_argument, "expected '$' and a length");
    if (!size) return reader.fault();
    const auto argument = reader.bulk(static_cast<std::size_t>(*size));
    if (!argument) return reader.fault();
    arguments.push_back(*argument);
  }
  return {Progress::whole, reader.at(), {}};
}

}  // namespace pawl::wire::resp
