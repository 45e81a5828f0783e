/* Replies as somebody else's JSON reader sees them. */
#ifndef TEST_AUTHORITY_JUDGE_H
#define TEST_AUTHORITY_JUDGE_H

/* The member at a path like "devices.0.serial": its text, number, or "true",
 * "false", "null", "absent". Static. */
const char *text_at(const char *json, const char *path);

#endif
