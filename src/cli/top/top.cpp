// SPDX-License-Identifier: Apache-2.0
#include "cli/top/top.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/output.hpp"
#include "cli/text/cluster.hpp"
#include "cli/top/blocks.hpp"
#include "cli/top/live.hpp"

namespace pawl::cli::top {
namespace {

using Clock = std::chrono::steady_clock;

Milliseconds since(Clock::time_point then) {
  return std::chrono::duration_cast<Milliseconds>(Clock::now() - then);
}

class TopView {
 public:
  TopView(const Globals& globals, const TopOptions& options)
      : paint_(paint_of_stdout(globals)), limit_(options.limit) {
    board_.prefix = options.prefix;
    board_.interval = options.interval;
  }

  View view() {
    return {[this](Size size) { return question(size); }, [this](Told told) { take(told); },
            [this](Size size) { return draw_now(size); },
            [this](const Key& key) { return on_key(board_, key); },
            [this] { return board_.is_paused; }};
  }

 private:
  [[nodiscard]] Question question(Size size) const {
    return {.prefix = board_.prefix,
            .limit = limit_,
            .details_from = first_shown(board_, size),
            .queue_of = board_.opened.value_or("")};
  }

  // Without new locks the last ones stay, and what the nodes say is news.
  void take(const Told& told) {
    board_.trouble = told.trouble;
    Picture picture = picture_of(told, paint_);
    if (!told.trouble.empty()) {
      if (board_.picture && told.code != exit_unreachable) {
        board_.picture->health = std::move(picture.health);
      }
      return;
    }
    if (board_.picture) compare(picture, *board_.picture, since(taken_));
    pawl::cli::top::take(board_, std::move(picture));
    taken_ = Clock::now();
  }

  Lines draw_now(Size size) {
    board_.age = since(taken_);
    return draw(board_, size, paint_);
  }

  Paint paint_;
  std::uint64_t limit_;
  Board board_;
  Clock::time_point taken_{};
};

class StatusView {
 public:
  explicit StatusView(const Globals& globals) : paint_(paint_of_stdout(globals)) {}

  View view() {
    return {[](Size) { return Question{.locks = false}; }, [this](const Told& told) { take(told); },
            [this](Size size) { return draw_now(size); },
            [](const Key& key) { return key.text == "q" ? Deed::quit : Deed::none; },
            [] { return false; }};
  }

  // Of the last look.
  [[nodiscard]] int code() const { return code_; }

 private:
  void take(const Told& told) {
    code_ = told.code;
    trouble_ = told.trouble;
    if (!told.trouble.empty()) return;
    const Json view = view_of(told.seen);
    has_primary_ = !primary_in(view).empty();
    text_ = lines_of(status_text(view, paint_));
    taken_ = Clock::now();
  }

  [[nodiscard]] Lines draw_now(Size size) const {
    std::vector<Cell> title{{"pawl status", Style::heading}};
    const std::string trouble = trouble_text(trouble_, !text_.empty(), since(taken_));
    if (!trouble.empty()) {
      title.emplace_back(trouble, Style::trouble);
    } else if (!has_primary_) {
      title.emplace_back("NO PRIMARY", Style::trouble);
    }
    return draw_text(title, text_, size, paint_);
  }

  Paint paint_;
  Lines text_;
  std::string trouble_;
  bool has_primary_ = true;
  int code_ = exit_ok;
  Clock::time_point taken_{};
};

}  // namespace

int run_top(const Globals& globals, const TopOptions& options) {
  if (!options.once && !globals.json() && Screen::is_there()) {
    TopView view(globals, options);
    return Live(globals, options.interval, view.view()).run();
  }
  Blocks blocks(globals, {.prefix = options.prefix, .limit = options.limit});
  const Paint paint = paint_of_stdout(globals);
  std::optional<Picture> before;
  return blocks.run(options.interval, options.once, [&](const Told& told, Milliseconds span) {
    Picture picture = picture_of(told);
    if (before) compare(picture, *before, span);
    const std::string_view between = before ? "\n" : "";
    print(globals.json() ? json_of(told).dump() + "\n"
                         : std::string(between) + block_text(picture, paint));
    before = std::move(picture);
  });
}

int watch_status(const Globals& globals, Milliseconds interval) {
  if (!globals.json() && Screen::is_there()) {
    StatusView view(globals);
    const int ended = Live(globals, interval, view.view()).run();
    return ended == exit_ok ? view.code() : ended;
  }
  Blocks blocks(globals, {.locks = false});
  const Paint paint = paint_of_stdout(globals);
  return blocks.run(interval, false, [&](const Told& told, Milliseconds) {
    const Json view = view_of(told.seen);
    print(globals.json() ? view.dump() + "\n" : status_text(view, paint) + "\n");
  });
}

}  // namespace pawl::cli::top
