# What CPython's own Makefile would link.
print-objects:
	@echo $(LINK_PYTHON_OBJS) $(filter %.a,$(MODLIBS))
