.PHONY: run test lint bench torture gallery
run test lint bench torture gallery:
	python3 dev.py $@
