#include "utc_time.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>

namespace readiness::ai_health {

std::optional<std::string> ToUtc(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, length = 0;
  double second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%lf%n", &year, &month, &day, &hour, &minute, &second,
                  &length) != 6)
    return std::nullopt;
  const std::string zone = text.substr(static_cast<std::size_t>(length));
  int offset_minutes = 0;
  if (!zone.empty() && zone != "Z" && zone != "z") {
    char sign[2] = {};
    int hours = 0, minutes = 0, used = 0;
    if (std::sscanf(zone.c_str(), "%1[+-]%2d:%2d%n", sign, &hours, &minutes, &used) != 3) return std::nullopt;
    if (static_cast<std::size_t>(used) != zone.size()) return std::nullopt;
    offset_minutes = (hours * 60 + minutes) * (sign[0] == '-' ? -1 : 1);
  }
  namespace chrono = std::chrono;
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || hour < 0 || minute > 59 || minute < 0 || !(second >= 0 && second < 61))
    return std::nullopt;
  const auto time = chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute - offset_minutes) +
                    chrono::microseconds(std::llround(second * 1e6));
  const auto midnight = chrono::floor<chrono::days>(time);
  const chrono::year_month_day utc(midnight);
  const auto since_midnight = chrono::duration_cast<chrono::microseconds>(time - midnight).count();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", static_cast<int>(utc.year()),
                     static_cast<unsigned>(utc.month()), static_cast<unsigned>(utc.day()),
                     since_midnight / 3'600'000'000, since_midnight / 60'000'000 % 60, since_midnight / 1'000'000 % 60,
                     since_midnight % 1'000'000);
}

}  // namespace readiness::ai_health
