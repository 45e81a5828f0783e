/* Words for the errors of this folder. */
#include "wire/span.h"

const char *
wire_error_text(enum wire_error e)
{
	switch (e) {
	case WIRE_OK:
		return "fine";
	case WIRE_TRUNCATED:
		return "the bytes end too early";
	case WIRE_TAG:
		return "another element was expected";
	case WIRE_LENGTH:
		return "a length is not allowed";
	case WIRE_VALUE:
		return "a value breaks the rules of its type";
	case WIRE_TRAILING:
		return "bytes are left over";
	case WIRE_DEPTH:
		return "nested too deeply";
	case WIRE_DUPLICATE:
		return "one name occurs twice";
	case WIRE_LIMIT:
		return "over a limit";
	case WIRE_FULL:
		return "no room for the output";
	}
	return "unknown error";
}
