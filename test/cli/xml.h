/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CLI_XML_H
#define TEST_CLI_XML_H

/*
 * Is it well-formed XML, as far as a report has any: one declaration, elements
 * with attributes, text, the five entities. Fails the test if not.
 * Source: XML 1.0, sections 2.1, 2.4, 3.1
 */
void xml_check(const char *text);

/* How many elements have this name. */
unsigned xml_elements(const char *text, const char *name);

#endif
