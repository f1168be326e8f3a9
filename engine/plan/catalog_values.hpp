// Values of the catalog queries as C++ has them. Internal to the room.
#pragma once

#include <string>
#include <vector>

#include "pg/connection.hpp"
#include "plan/job_plan.hpp"

namespace pawl::plan {

// Of a text[]; empty for NULL.
std::vector<std::string> texts(const pg::result_set& rows, int row, int column);

std::string oid_array(const std::vector<object_id>& oids);

// Of a "char"; a blank for NULL.
char letter(const pg::result_set& rows, int row, int column);

}  // namespace pawl::plan
