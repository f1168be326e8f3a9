// Any bytes are a configuration, or are refused with a place.
#include "config/document.hpp"
#include "fuzz/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = pawl::config::read_document("pawl.toml", pawl::fuzz::text_of(data, size));
  if (!read) pawl::fuzz::must_be_refusal(read.error());
  return 0;
}
