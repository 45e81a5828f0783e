/* Leaves of vouchers and of their requests in JSON (RFC 7951). */
#ifndef MODEL_LEAF_H
#define MODEL_LEAF_H

#include "wire/json.h"

/* A member of an object; nothing where there is no value. */
void leaf_binary(struct json_out *o, const char *name, struct span value);
void leaf_text(struct json_out *o, const char *name, const char *value);

#endif
