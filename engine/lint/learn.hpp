// Applies a statement to what is known of the schema, as PostgreSQL would. Pure.
//
// What it does not understand it leaves alone, and marks a table as incomplete where that matters.
#pragma once

#include "lint/schema.hpp"
#include "lint/unit.hpp"

namespace pawl::lint {

void learn(const unit& u, schema& known, int file);

// What the statement does to rows, also inside of its WITH; for statements that are yet to run.
void learn_rows(const unit& u, schema& known);

// The constraint that a Constraint node of a table or a column (then `of_column` names it) stands
// for; nullopt for DEFAULT, NOT NULL and so on.
std::optional<constraint> constraint_of(const node& body, const sql::relation_name& on,
                                        const std::string& of_column, int file);

index index_of(const node& index_statement, int file);

}  // namespace pawl::lint
