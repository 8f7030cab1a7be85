// SPDX-License-Identifier: Apache-2.0
#include "cli/top/view.hpp"

#include <algorithm>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"
#include "cli/text/width.hpp"
#include "cli/top/columns.hpp"

namespace pawl::cli::top {
namespace {

using Parts = std::vector<Cell>;

// Two blanks between parts; what does not fit is cut.
std::string line_of(const Parts& parts, std::size_t width, Paint paint) {
  std::string line;
  std::size_t used = 0;
  for (const Cell& part : parts) {
    const std::size_t before = used == 0 ? 0 : gap;
    if (used + before >= width) break;
    const std::string text = clipped(part.text, width - used - before);
    line.append(before, ' ') += paint(part.style, text);
    used += before + width_of(text);
  }
  return line;
}

Parts title_of(const Board& board) {
  Parts parts{{"pawl top", Style::heading}};
  if (board.picture) parts.emplace_back(printable(board.picture->server));
  if (board.is_paused) {
    parts.emplace_back("PAUSED " + duration_text(board.age), Style::waiting);
  } else {
    parts.emplace_back("every " + duration_text(board.interval));
  }
  if (!board.prefix.empty()) parts.emplace_back("only " + printable(board.prefix) + "…");
  return parts;
}

Lines head_of(const Board& board, std::size_t width, Paint paint) {
  Lines lines{line_of(title_of(board), width, paint)};
  const std::string trouble = trouble_text(board.trouble, board.picture.has_value(), board.age);
  if (!trouble.empty()) lines.push_back(paint(Style::trouble, clipped(trouble, width)));
  if (!board.picture) return lines;
  lines.push_back(line_of(board.picture->health, width, paint));
  lines.push_back(clipped(totals_text(board.picture->totals), width));
  lines.emplace_back();
  return lines;
}

std::string foot_of(const Board& board, std::size_t width) {
  if (board.typed) return clipped("only locks that begin with: " + *board.typed + "_", width);
  if (board.opened) return clipped("Esc back  j/k scroll  p pause  q quit", width);
  return clipped("j/k choose  Enter queue  / filter  p pause  q quit", width);
}

// Which give way, and which are left out, where there is little room.
struct Importance {
  std::size_t least;
  unsigned rank;
};
constexpr Importance importance[] = {
    {12, 0},  // LOCK
    {99, 1},  // WAITERS
    {99, 4},  // OLDEST
    {99, 3},  // HELD
    {99, 5},  // EXPIRES
    {10, 2},  // HOLDER
    {8, 6},   // NOTE
};

std::vector<std::size_t> widths_of(const std::vector<Row>& rows, std::size_t width) {
  std::vector<Column> columns;
  for (const Importance& column : importance) {
    columns.push_back({0, std::min(column.least, width), column.rank});
  }
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      columns[i].natural = std::max(columns[i].natural, width_of(row[i].text));
    }
  }
  return fitted(columns, width);
}

std::string row_text(const Row& row, const std::vector<std::size_t>& widths, Paint paint) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (widths[i] == 0) continue;
    if (!line.empty()) line.append(gap, ' ');
    line += paint(row[i].style, filled(row[i].text, widths[i]));
  }
  return line;
}

// A mark tells the chosen one where there is no colour.
std::string marked(const Row& row, bool is_chosen, const std::vector<std::size_t>& widths,
                   Paint paint) {
  if (!is_chosen) return "  " + row_text(row, widths, paint);
  return paint(Style::chosen, "> " + row_text(row, widths, {}));
}

std::size_t room_for_locks(const Board& board, Size size) {
  const std::size_t others = head_of(board, size.columns, {}).size() + 2;  // headings, foot
  return size.rows > others ? size.rows - others : 1;
}

Lines table_of(const Board& board, Size size, Paint paint) {
  const std::vector<LockLine>& locks = board.picture->locks;
  const std::size_t first = first_shown(board, size);
  const std::size_t end = std::min(locks.size(), first + room_for_locks(board, size));
  std::vector<Row> rows{headings()};
  for (std::size_t i = first; i < end; ++i) rows.push_back(row_of(locks[i]));
  const std::size_t mark = 2;
  const std::size_t width = size.columns > mark ? size.columns - mark : 0;
  const auto widths = widths_of(rows, width);
  for (Cell& heading : rows.front()) heading.style = Style::heading;
  Lines lines;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool is_chosen = i > 0 && first + i - 1 == board.chosen;
    lines.push_back(clipped(marked(rows[i], is_chosen, widths, paint), size.columns));
  }
  if (locks.empty()) lines.push_back(clipped("  nobody waits for a lock", size.columns));
  return lines;
}

Lines queue_of(const Board& board, std::size_t width) {
  Lines lines;
  const Lines& all = board.picture->queue;
  if (all.empty()) lines.push_back(clipped(printable(*board.opened) + ": …", width));
  for (std::size_t i = board.scrolled; i < all.size(); ++i) {
    lines.push_back(clipped(all[i], width));
  }
  return lines;
}

// The foot is the last line, whatever is above it.
Lines fitted_lines(Lines lines, std::string foot, Size size) {
  if (size.rows == 0) return {};
  lines.resize(size.rows - 1);
  lines.push_back(std::move(foot));
  return lines;
}

}  // namespace

std::string trouble_text(const std::string& trouble, bool has_picture, Milliseconds age) {
  if (trouble.empty()) return {};
  const std::string now =
      has_picture ? "This is " + duration_text(age) + " old" : std::string("Nothing seen yet");
  return now + ", trying again: " + trouble;
}

std::size_t first_shown(const Board& board, Size size) {
  const std::size_t room = room_for_locks(board, size);
  return board.chosen < room ? 0 : board.chosen - room + 1;
}

Lines draw(const Board& board, Size size, Paint paint) {
  Lines lines = head_of(board, size.columns, paint);
  if (board.picture) {
    Lines body = board.opened ? queue_of(board, size.columns) : table_of(board, size, paint);
    std::move(body.begin(), body.end(), std::back_inserter(lines));
  }
  return fitted_lines(std::move(lines), foot_of(board, size.columns), size);
}

Lines draw_text(const std::vector<Cell>& title, const Lines& text, Size size, Paint paint) {
  Lines lines{line_of(title, size.columns, paint)};
  for (const std::string& line : text) lines.push_back(clipped(line, size.columns));
  return fitted_lines(std::move(lines), clipped("q quit", size.columns), size);
}

}  // namespace pawl::cli::top
