/*
 * What operators write: fields as NAME=VALUE, one a line, of a product, of a key's
 * policy, of a customer; and names and lists that are a text of their own. Each is
 * read as by the verb that it is for; what is taken is printed in its words, and
 * those are read to the same.
 */
#ifndef TEST_FUZZ_FIELDS_H
#define TEST_FUZZ_FIELDS_H

#include "wire/span.h"

bool product_same(struct span lines);
bool policy_same(struct span lines);
bool customer_same(struct span lines);
bool block_same(struct span text);
bool oid_same(struct span text);
bool masa_names_same(struct span text);
/* The name of a field that no input has set, NULL if none. */
const char *fields_lack(void);

#endif
