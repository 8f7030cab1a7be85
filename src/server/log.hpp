// SPDX-License-Identifier: Apache-2.0
//
// The log of the server, one line per message: text, JSON or for the journal. Lines are made where
// they are logged and written by a thread of their own; when its queue is full the oldest line is
// dropped and counted, so that logging never blocks. main owns the Log; no one finds it by name.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pawl::server {

enum class LogLevel : std::uint8_t { error, warn, info, debug };
enum class LogFormat : std::uint8_t { automatic, text, json, journal };

// key=value beside a message. Borrows: made for one call, never kept. The keys ts, level and msg
// belong to the log.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : LogField(name, std::string_view(text)) {}
  LogField(std::string_view name, const std::string& text)
      : LogField(name, std::string_view(text)) {}
  LogField(std::string_view name, std::same_as<bool> auto flag) : key(name), value(flag) {}
  LogField(std::string_view name, std::signed_integral auto number)
      : key(name), value(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral Unsigned>
  requires(!std::same_as<Unsigned, bool>) LogField(std::string_view name, Unsigned number)
      : key(name), value(static_cast<std::uint64_t>(number)) {}

  std::string_view key;
  Value value;
};

using LogFields = std::initializer_list<LogField>;

struct LogStyle {
  LogFormat format = LogFormat::text;  // never automatic
  bool colour = false;                 // text only
  bool operator==(const LogStyle&) const = default;
};

// What is known of the stream logged to.
struct LogStream {
  bool terminal = false;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

// automatic: the journal if journal_stream ($JOURNAL_STREAM, "device:inode") names the stream, text
// on a terminal, else JSON.
[[nodiscard]] LogStyle choose_style(LogFormat wanted,
                                    std::optional<std::string_view> journal_stream,
                                    const LogStream& stream);
[[nodiscard]] LogStyle style_of_stderr(LogFormat wanted);

// One line without its LF. Whatever the message and fields hold, it stays one line.
[[nodiscard]] std::string format_line(const LogStyle& style, LogLevel level,
                                      std::chrono::system_clock::time_point time,
                                      std::string_view message, LogFields fields);

// Thread-safe. The destructor writes what is queued.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;  // called on the log's thread

  static constexpr std::size_t default_queue = 8'192;  // lines

  Log(LogLevel level, LogStyle style);  // to stderr
  Log(LogLevel level, LogStyle style, Sink sink, std::size_t queue = default_queue);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  void error(std::string_view message, LogFields fields = {}) const;  // wake someone
  void warn(std::string_view message, LogFields fields = {}) const;   // degraded
  void info(std::string_view message, LogFields fields = {}) const;   // roles, start and stop
  void debug(std::string_view message, LogFields fields = {}) const;  // single connections

  [[nodiscard]] bool enabled(LogLevel level) const;
  void set_level(LogLevel level);
  [[nodiscard]] std::uint64_t dropped() const;  // lines since the start

 private:
  struct Writer;

  void write(LogLevel level, std::string_view message, LogFields fields) const;

  std::unique_ptr<Writer> writer_;
};

}  // namespace pawl::server
