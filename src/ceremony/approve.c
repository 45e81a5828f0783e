/* Who approved the script before the ceremony (IP 9 step 1), see bundle.h. */
#include <stdio.h>

#include "base/file.h"
#include "ceremony/bundle.h"

#define SIGNATURE_FILE_MAX 4096

static enum reason
approval_read(const struct plan *p, const struct attendee *a,
    struct span script, struct buf *out, struct why *why)
{
	char path[PATH_MAX], name[HANDLE_MAX + 16];
	struct why inner;
	enum reason r;

	snprintf(name, sizeof(name), "approvals/%s.sig", a->handle);
	path_join(path, sizeof(path), p->folder, name);
	if (file_read_regular(path, out, SIGNATURE_FILE_MAX, why) != REASON_OK)
		return why_set(why, REASON_SCRIPT_UNAPPROVED, -1,
		    "%s: there is no %s", a->handle, name);
	r = ssh_verify(
	    &a->key, APPROVAL_NAMESPACE, script, buf_span(out), &inner);
	if (r == REASON_OK)
		return r;
	/* The usual case: the plan was changed after it had been approved. */
	return why_set(
	    why, r, -1, "%s over this plan's script: %.100s", name, inner.text);
}

enum reason
approvals_read(const struct plan *p, struct span script, struct approvals *out,
    struct why *why)
{
	unsigned i;
	enum reason r = REASON_OK;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < p->attendees_len && r == REASON_OK; i++)
		if (p->attendees[i].approves && !p->attendees[i].paper)
			r = approval_read(p, &p->attendees[i], script,
			    &out->signatures[i], why);
	return r;
}

void
approvals_free(struct approvals *a)
{
	unsigned i;

	for (i = 0; i < ATTENDEES_MAX; i++)
		buf_free(&a->signatures[i]);
}
