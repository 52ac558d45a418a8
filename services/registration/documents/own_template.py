"""The office's own Word template: taken only if it fills a sample form, and asks for nothing but the form's content."""

import tempfile
import zipfile
from io import BytesIO
from typing import Any

from jinja2 import TemplateSyntaxError, UndefinedError

from services.registration.documents import word
from shared.kernel.filekinds import Unfit, kind_of

MOST_UNPACKED = 10_000_000  # bytes; a form is text in a table
_PERSON = {"姓名": "样例", "职务": "样例", "手机号码": "000-0000-0000", "电子邮箱": "sample@ligong.example"}
_TEAM = {"序号": 1, "名称": "样例队", "负责人": "样例", "参赛领域": "样例", "主体类别": "样例", "人数": 1}
_TEXTS = (
    *("表名", "受理赛区", "填报时间", "核验码", "单位名称", "统一社会信用代码", "单位性质", "单位地址", "行政关系"),
    *(
        "登记方式",
        "所属赛区",
        "参赛领域",
        "主体类别",
        "竞赛主题",
        "竞赛目标",
        "本单位意见",
        "上级意见",
        "赛区意见",
        "签署",
    ),
)
SAMPLE: dict[str, Any] = {
    **dict.fromkeys(_TEXTS, "样例"),
    **dict.fromkeys(("主要领导", "分管领导", "联系人"), _PERSON),
    "参赛团队": [_TEAM, _TEAM],
    "备案": True,
    "份数": 4,
}


def check(content: bytes, name: str) -> None:
    """Raises Unfit, whose text is the sentence for the office."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        if kind_of(file, name) != "docx":
            raise Unfit("登记表模板应为Word文档（.docx），请在Word中另存为.docx后上传。")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            raise Unfit("模板解压后过大，请删去图片等与登记表无关的内容后重新上传。")
    try:
        for sample in (SAMPLE, {**SAMPLE, "备案": False, "参赛团队": []}):
            word.form(sample, content)
    except word.Unusable as error:
        raise Unfit(str(error)) from None
    except TemplateSyntaxError:
        raise Unfit(
            "模板中占位符的写法有误，请检查双花括号是否成对、循环是否有结尾，对照默认模板改正后上传。"
        ) from None
    except UndefinedError:
        raise Unfit("模板中的占位符用错了地方（例如“人数”不属于联系人），请对照默认模板改正后上传。") from None
    except Exception:  # whatever the library stumbles over: the file cannot be filled
        raise Unfit("模板无法填写，文件可能已损坏；请在Word中重新打开另存后上传。") from None
