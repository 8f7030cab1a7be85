// SPDX-License-Identifier: Apache-2.0
#include "server/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/overloaded.hpp"

namespace pawl::server {

namespace {

struct LevelLook {
  std::string_view name;
  std::string_view priority;  // of syslog, as the journal reads it
  std::string_view colour;
};

LevelLook look_of(LogLevel level) {
  switch (level) {
    case LogLevel::error: return {"error", "<3>", "\x1b[31m"};
    case LogLevel::warn: return {"warn", "<4>", "\x1b[33m"};
    case LogLevel::info: return {"info", "<6>", "\x1b[32m"};
    case LogLevel::debug: return {"debug", "<7>", "\x1b[90m"};
  }
  return {};
}

std::string format_time(std::chrono::system_clock::time_point time) {
  const auto milliseconds =
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(milliseconds / 1'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     milliseconds % 1'000);
}

bool is_continuation(unsigned char byte) { return (byte & 0xc0U) == 0x80U; }

// The bytes of the character that text begins with, if it is valid UTF-8 and harmless to print: no
// control, neither C0 nor C1 (a terminal obeys both). 0 otherwise.
std::size_t harmless_length(std::string_view text) {
  const auto at = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t index = 1; index < length; ++index) {
    if (!is_continuation(at(index))) return 0;
  }
  const bool control = lead == 0xc2 && at(1) < 0xa0;
  const bool overlong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xf0 && at(1) < 0x90);
  const bool surrogate = lead == 0xed && at(1) >= 0xa0;
  const bool beyond = lead == 0xf4 && at(1) >= 0x90;
  return control || overlong || surrogate || beyond ? 0 : length;
}

// As the protocol quotes: \" \\ \n \xNN.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  while (!text.empty()) {
    const std::size_t length = harmless_length(text);
    if (length == 0 && text[0] == '\n') {
      out += "\\n";
    } else if (length == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else {
      if (quotes && (text[0] == '"' || text[0] == '\\')) out += '\\';
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
}

bool needs_quotes(std::string_view text) {
  if (text.empty() || text.find_first_of(" \"\\=") != std::string_view::npos) return true;
  for (; !text.empty(); text.remove_prefix(harmless_length(text))) {
    if (harmless_length(text) == 0) return true;
  }
  return false;
}

void append_value(std::string& out, const LogField::Value& value) {
  std::visit(Overloaded{[&out](std::string_view text) {
                          const bool quotes = needs_quotes(text);
                          if (quotes) out += '"';
                          append_escaped(out, text, quotes);
                          if (quotes) out += '"';
                        },
                        [&out](bool flag) { out += flag ? "true" : "false"; },
                        [&out](auto number) { out += std::to_string(number); }},
             value);
}

std::string format_words(std::string line, std::string_view message, LogFields fields) {
  append_escaped(line, message, false);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

std::string format_json(LogLevel level, std::chrono::system_clock::time_point time,
                        std::string_view message, LogFields fields) {
  nlohmann::ordered_json line{{"ts", format_time(time)},
                              {"level", std::string(look_of(level).name)},
                              {"msg", std::string(message)}};
  for (const LogField& field : fields) {
    std::visit(
        Overloaded{[&](std::string_view text) { line[std::string(field.key)] = std::string(text); },
                   [&](auto value) { line[std::string(field.key)] = value; }},
        field.value);
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool names_stream(std::string_view journal_stream, const LogStream& stream) {
  return journal_stream == std::to_string(stream.device) + ":" + std::to_string(stream.inode);
}

// Only ever called on the one thread of the queue: the null mutex is enough.
class FunctionSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit FunctionSink(Log::Sink function) : function_(std::move(function)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    function_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  Log::Sink function_;
};

void write_to_stderr(std::string_view line) {
  // stderr has no buffer, so this is one write: lines of several processes on it stay whole.
  std::string with_end(line);
  with_end += '\n';
  std::fwrite(with_end.data(), 1, with_end.size(), stderr);
}

}  // namespace

LogStyle choose_style(LogFormat wanted, std::optional<std::string_view> journal_stream,
                      const LogStream& stream) {
  if (wanted == LogFormat::automatic) {
    if (journal_stream && names_stream(*journal_stream, stream)) {
      wanted = LogFormat::journal;
    } else {
      wanted = stream.terminal ? LogFormat::text : LogFormat::json;
    }
  }
  return {wanted, wanted == LogFormat::text && stream.terminal};
}

LogStyle style_of_stderr(LogFormat wanted) {
  LogStream stream{isatty(STDERR_FILENO) == 1};
  struct stat status {};
  const char* const variable = std::getenv("JOURNAL_STREAM");
  const bool known = variable != nullptr && fstat(STDERR_FILENO, &status) == 0;
  stream.device = status.st_dev;
  stream.inode = status.st_ino;
  LogStyle style = choose_style(
      wanted, known ? std::optional<std::string_view>(variable) : std::nullopt, stream);
  const char* const no_color = std::getenv("NO_COLOR");  // no-color.org
  if (no_color != nullptr && *no_color != '\0') style.colour = false;
  return style;
}

std::string format_line(const LogStyle& style, LogLevel level,
                        std::chrono::system_clock::time_point time, std::string_view message,
                        LogFields fields) {
  const LevelLook look = look_of(level);
  switch (style.format) {
    case LogFormat::json: return format_json(level, time, message, fields);
    case LogFormat::journal: return format_words(std::string(look.priority), message, fields);
    case LogFormat::automatic:
    case LogFormat::text: break;
  }
  std::string start = format_time(time) + ' ';
  if (style.colour) start += look.colour;
  start += look.name;
  if (style.colour) start += "\x1b[0m";
  return format_words(start + ' ', message, fields);
}

struct Log::Writer {
  Writer(LogLevel first_level, LogStyle chosen, Sink sink, std::size_t queue)
      : style(chosen),
        level(first_level),
        pool(std::make_shared<spdlog::details::thread_pool>(queue, 1)),
        logger(std::make_shared<spdlog::async_logger>(
            "pawl", std::make_shared<FunctionSink>(std::move(sink)), pool,
            spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_level(spdlog::level::trace);  // ours decides
  }

  LogStyle style;
  std::atomic<LogLevel> level;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(LogLevel level, LogStyle style) : Log(level, style, write_to_stderr) {}

Log::Log(LogLevel level, LogStyle style, Sink sink, std::size_t queue)
    : writer_(std::make_unique<Writer>(level, style, std::move(sink), queue)) {}

Log::~Log() {
  // The pool's end joins its thread after the queue is written; lines hold the logger alive.
  writer_->pool.reset();
}

void Log::error(std::string_view message, LogFields fields) const {
  write(LogLevel::error, message, fields);
}

void Log::warn(std::string_view message, LogFields fields) const {
  write(LogLevel::warn, message, fields);
}

void Log::info(std::string_view message, LogFields fields) const {
  write(LogLevel::info, message, fields);
}

void Log::debug(std::string_view message, LogFields fields) const {
  write(LogLevel::debug, message, fields);
}

bool Log::enabled(LogLevel level) const {
  return level <= writer_->level.load(std::memory_order_relaxed);
}

void Log::set_level(LogLevel level) { writer_->level.store(level, std::memory_order_relaxed); }

std::uint64_t Log::dropped() const { return writer_->pool->overrun_counter(); }

void Log::write(LogLevel level, std::string_view message, LogFields fields) const {
  if (!enabled(level)) return;
  const std::string line =
      format_line(writer_->style, level, std::chrono::system_clock::now(), message, fields);
  writer_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace pawl::server
