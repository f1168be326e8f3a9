// Pauses between attempts: decorrelated jitter, so that many workers do not come back at once.
// Pure; the random number comes in.
#pragma once

#include <chrono>

namespace pawl::run {

// The next pause after `last` (0 for the first attempt); `random` is in [0, 1).
std::chrono::milliseconds next_pause(std::chrono::milliseconds last, double random);

}  // namespace pawl::run
