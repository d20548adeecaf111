// SPDX-License-Identifier: Apache-2.0
#include "engine/message/date_time.h"

#include <array>
#include <string_view>

namespace sealgate::engine {
namespace {

using namespace std::chrono;

std::string padded(std::uint64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::string clock_text(WallTime at) {
  const hh_mm_ss time(at - floor<days>(at));
  return padded(static_cast<std::uint64_t>(time.hours().count()), 2) + ":" +
         padded(static_cast<std::uint64_t>(time.minutes().count()), 2) + ":" +
         padded(static_cast<std::uint64_t>(time.seconds().count()), 2);
}

}  // namespace

std::string mail_date(WallTime at) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_days day = floor<days>(at);
  const year_month_day date(day);
  std::string text(kDays.at(weekday(day).c_encoding()));
  text += ", " + padded(static_cast<unsigned>(date.day()), 2) + " ";
  text += kMonths.at(static_cast<unsigned>(date.month()) - 1);
  text += " " + padded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  return text + " " + clock_text(at) + " +0000";
}

std::string short_date(WallTime at) {
  const year_month_day date(floor<days>(at));
  return padded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4) + "-" +
         padded(static_cast<unsigned>(date.month()), 2) + "-" +
         padded(static_cast<unsigned>(date.day()), 2) + "T" + clock_text(at) + "Z";
}

}  // namespace sealgate::engine
