// Work that recurses as deep as its input wants.
//
// `work` runs on a thread of its own and has ended on return; what it throws is thrown on. False if
// no thread could be started.
#pragma once

#include <functional>

namespace pawl::sql {

[[nodiscard]] bool run_on_big_stack(const std::function<void()>& work);

}  // namespace pawl::sql
