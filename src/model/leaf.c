/* Leaves in JSON, see leaf.h. */
#include "model/leaf.h"

void
leaf_binary(struct json_out *o, const char *name, struct span value)
{
	if (value.ptr == NULL)
		return;
	json_add_base64(o, name, value);
}

void
leaf_text(struct json_out *o, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	json_add_text(o, name, value);
}
