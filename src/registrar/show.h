/* Printing a voucher for people and programs. */
#ifndef REGISTRAR_SHOW_H
#define REGISTRAR_SHOW_H

#include "registrar/voucher_judge.h"
#include "wire/json.h"

/* On stdout: what the voucher says, and the chain with its fingerprints as far
 * as it was followed. */
void voucher_print(const struct judgement *j, bool json);
/* The same of a voucher-request (j->is_request), and of the pledge's request in
 * a registrar's. */
void request_text_print(const struct judgement *j);
void request_json_put(struct json_out *o, const struct judgement *j);
/* Lines of text, and members of JSON, that vouchers and requests share. */
void show_line(const char *name, const char *value);
void show_date(const char *name, int64_t when);
void show_certificate(const char *what, const struct certificate *c);
void show_form(const struct judgement *j);
void show_chain(const struct judgement *j);
void show_put_date(struct json_out *o, const char *name, int64_t when);
void show_put_form(struct json_out *o, const struct judgement *j);
void show_put_signature(struct json_out *o, const struct judgement *j);
/* Adds what was compared and what was not: the end of `pledge verify`. */
void verdict_print(const struct judgement *j, bool json);

#endif
