# What CPython's own Makefile would link.
print-objects:
	@echo $(LINK_PYTHON_OBJS) $(filter %.a,$(MODLIBS))

# The types and what the evaluation loop calls. Not the parser: it is no faster by being optimised
# together, but takes more stack, and it is what sources nest deepest in.
core-objects: $(OBJECT_OBJS) $(PYTHON_OBJS)
